// What the survey finds on the server: what is refused before anything is written, and what the writing has
// to know.

#include <doctest/doctest.h>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/target_survey.h"
#include "applier/server/target_table.h"
#include "applier/values/identifiers.h"
#include "tests/applier/fixture.h"

using namespace sluice;
using namespace sluice::test;
using applier::ApplyError;

namespace {

applier::TargetTable found(TargetFixture& target, const capture::SourceTable& table) {
  return applier::find_target(*target.session, target.options, table).value();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_SUITE("target survey") {
  TEST_CASE("each index that keeps values apart is known with the columns it depends on") {
    TargetFixture target(
        "CREATE TABLE item (id bigint PRIMARY KEY, a int, b int, c text, d text, at int4range,"
        " CONSTRAINT pair UNIQUE (a, b) DEFERRABLE, EXCLUDE USING gist (at WITH &&));"
        "CREATE UNIQUE INDEX part ON item (c) WHERE d IS NOT NULL;"
        "CREATE UNIQUE INDEX expr ON item (lower(c), (a + b));"
        "CREATE UNIQUE INDEX included ON item (d) INCLUDE (c);"
        "CREATE UNIQUE INDEX key_again ON item (id); CREATE INDEX no_matter ON item (a)",
        {});
    const auto table = found(target, source_table(1, "item", {"id", "a", "b", "c", "d", "at"}));
    CHECK(table.key_is_unique);
    REQUIRE(table.uniques.size() == 5);
    std::map<std::string, applier::UniqueIndex> by_name;
    for (const auto& unique : table.uniques) by_name[unique.name] = unique;

    const auto& pair = by_name.at("pair");
    CHECK(pair.columns == Names{"\"a\"", "\"b\""});
    CHECK(pair.operators == Names{"OPERATOR(pg_catalog.=)", "OPERATOR(pg_catalog.=)"});
    CHECK(pair.constraint == "pair");
    CHECK_FALSE(pair.immediate);
    const auto& exclusion = by_name.at("item_at_excl");
    CHECK(exclusion.columns == Names{"\"at\""});
    CHECK(exclusion.operators == Names{"OPERATOR(pg_catalog.&&)"});
    CHECK(exclusion.immediate);
    CHECK(by_name.at("part").columns == Names{"\"c\"", "\"d\""});
    CHECK(by_name.at("part").operators.empty());
    CHECK(by_name.at("part").constraint.empty());
    CHECK(by_name.at("expr").columns == Names{"\"a\"", "\"b\"", "\"c\""});
    CHECK(by_name.at("included").columns == Names{"\"d\""});
  }

  TEST_CASE("columns of the server's own, nullable ones and those that want a value are told apart") {
    TargetFixture target(
        "CREATE DOMAIN must AS text NOT NULL;"
        "CREATE TABLE item (id bigint PRIMARY KEY, a int, b int NOT NULL, own text,"
        " born timestamptz NOT NULL DEFAULT now(), number bigint GENERATED ALWAYS AS IDENTITY,"
        " twice int GENERATED ALWAYS AS (a * 2) STORED, word must DEFAULT 'x')",
        {});
    const auto table = found(target, source_table(1, "item", {"id", "a", "b"}));
    CHECK(table.server_only == Names{"\"own\"", "\"born\"", "\"number\"", "\"word\""});
    CHECK(table.nullable == std::set<std::string>{"\"a\"", "\"own\"", "\"twice\""});
    CHECK(table.required.empty());
    CHECK_FALSE(table.identity_always);
  }

  TEST_CASE("a column that wants a value and gets none is refused before the first row") {
    const std::string ddl =
        "CREATE TABLE item (id bigint PRIMARY KEY, owner int NOT NULL, \"Kind\" text NOT NULL)";
    TargetFixture target(ddl, {});
    const auto error = fault_of(target, source_table(1, "item", {"id"}));
    CHECK(error.code == "column_required");
    CHECK(error.sqlstate == "23502");
    target.query(error.hint.substr(0, error.hint.find(';')));
    CHECK(found(target, source_table(1, "item", {"id"})).server_only.size() == 2);
  }

  TEST_CASE("a trigger that may fill in the value is given the chance, where it fires") {
    const std::string ddl =
        "CREATE TABLE item (id bigint PRIMARY KEY, owner int NOT NULL);"
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.owner := 1; RETURN NEW; END';"
        "CREATE TRIGGER fill BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION fill()";
    TargetFixture ordinary(ddl, {}, support::PostgresCluster::kOwner);
    CHECK(found(ordinary, source_table(1, "item", {"id"})).required == Names{"\"owner\""});
    CHECK(found(ordinary, source_table(1, "item", {"id"})).may_swallow);
    TargetFixture replica(ddl, {});
    CHECK(fault_of(replica, source_table(1, "item", {"id"})).code == "column_required");
    replica.query("ALTER TABLE item ENABLE ALWAYS TRIGGER fill");
    CHECK(found(replica, source_table(1, "item", {"id"})).may_swallow);
  }

  TEST_CASE("rules that do something else instead are refused where they fire") {
    const std::string ddl =
        "CREATE TABLE item (id bigint PRIMARY KEY); CREATE RULE \"no more\" AS ON DELETE TO item DO INSTEAD "
        "NOTHING;"
        "CREATE RULE too AS ON INSERT TO item WHERE NEW.id < 0 DO INSTEAD NOTHING;"
        "CREATE TABLE seen (id bigint); CREATE RULE note AS ON UPDATE TO item DO ALSO INSERT INTO seen "
        "VALUES (1)";
    TargetFixture ordinary(ddl, {}, support::PostgresCluster::kOwner);
    const auto error = fault_of(ordinary, source_table(1, "item", {"id"}));
    CHECK(error.code == "rules_instead");
    ordinary.query(error.hint.substr(0, error.hint.find(';')));
    CHECK(found(ordinary, source_table(1, "item", {"id"})).name == "\"public\".\"item\"");
    TargetFixture replica(ddl, {});
    CHECK(found(replica, source_table(1, "item", {"id"})).name == "\"public\".\"item\"");
  }

  TEST_CASE("row-level security is refused where it applies to the role, and nowhere else") {
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY)", {});
    const auto table = source_table(1, "item", {"id"});
    target.query("ALTER TABLE item ENABLE ROW LEVEL SECURITY");
    CHECK(found(target, table).oid != 0);  // the owner is above it
    target.query("ALTER TABLE item FORCE ROW LEVEL SECURITY");
    auto error = fault_of(target, table);
    CHECK(error.code == "row_security");
    CHECK(error.sqlstate == "42501");
    CHECK(error.hint.find("BYPASSRLS") != std::string::npos);
    CHECK(error.hint.find("NO FORCE ROW LEVEL SECURITY") != std::string::npos);
    target.query(
        "ALTER TABLE item NO FORCE ROW LEVEL SECURITY; CREATE ROLE landlord; ALTER TABLE item OWNER TO "
        "landlord;"
        "GRANT ALL ON item TO " +
        target.role + "; CREATE POLICY all_rows ON item USING (true)");
    error = fault_of(target, table);
    CHECK(error.code == "row_security");
    CHECK(error.hint.find("OWNER TO") != std::string::npos);
    target.query("DROP POLICY all_rows ON item; ALTER TABLE item DISABLE ROW LEVEL SECURITY");
    CHECK(found(target, table).oid != 0);
    target.query("DROP TABLE item; DROP ROLE landlord");
  }

  TEST_CASE("views and foreign tables are refused, even where rules or triggers make them writable") {
    TargetFixture target(
        "CREATE TABLE item (id bigint PRIMARY KEY); CREATE VIEW plain AS SELECT id FROM item;"
        "CREATE VIEW ruled AS SELECT id FROM item;"
        "CREATE RULE put AS ON INSERT TO ruled DO INSTEAD INSERT INTO item VALUES (NEW.id);"
        "CREATE MATERIALIZED VIEW kept AS SELECT id FROM item",
        {});
    target.query(
        "CREATE FOREIGN DATA WRAPPER none; CREATE SERVER elsewhere FOREIGN DATA WRAPPER none;"
        "CREATE FOREIGN TABLE far (id bigint) SERVER elsewhere");
    for (const char* name : {"plain", "ruled", "kept", "far"}) {
      CAPTURE(name);
      const auto error = fault_of(target, source_table(1, name, {"id"}));
      CHECK(error.code == "not_a_table");
      CHECK(error.hint.find(std::string("tables.rules.") + name + ".target") != std::string::npos);
    }
  }

  TEST_CASE("an identity column outside the key that takes no new value is refused with the ALTER TABLE") {
    TargetFixture target(
        "CREATE TABLE item (id bigint PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY);"
        "CREATE TABLE keyed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        {});
    const auto error = fault_of(target, source_table(1, "item", {"id", "n"}));
    CHECK(error.code == "column_fixed");
    target.query(error.hint);
    CHECK(found(target, source_table(1, "item", {"id", "n"})).columns.size() == 2);
    CHECK(found(target, source_table(2, "keyed", {"id"})).identity_always);
  }

  TEST_CASE("a partitioned table whose key leaves out the partition key is known to have no unique key") {
    TargetFixture target(
        "CREATE TABLE item (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE item_24 PARTITION OF item FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE UNIQUE INDEX own ON item_24 (day)",
        {});
    const auto table = found(target, source_table(1, "item", {"id", "day"}));
    CHECK(table.partitioned);
    CHECK_FALSE(table.key_is_unique);
    REQUIRE(table.uniques.size() == 2);
    CHECK(table.uniques[0].columns == Names{"\"id\"", "\"day\""});
    CHECK(table.uniques[1].name == "own");
    CHECK(found(target, source_table(1, "item", {"id", "day"}, {0, 1})).key_is_unique);
  }

  TEST_CASE(
      "a key type that calls different keys equal is refused, unless SQLite calls the same keys equal") {
    TargetFixture target("SELECT 1", {});
    target.query(
        "CREATE EXTENSION citext;"
        "CREATE COLLATION lazy (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "CREATE TABLE folded (id citext PRIMARY KEY); CREATE TABLE lazy (id text COLLATE lazy PRIMARY KEY);"
        "ALTER TABLE folded OWNER TO " +
        target.role + "; ALTER TABLE lazy OWNER TO " + target.role);
    auto folded = source_table(1, "folded", {"id"});
    folded.key_collations = {"binary"};
    CHECK(fault_of(target, folded).code == "key_type_unsafe");
    folded.key_collations = {"nocase"};
    CHECK(found(target, folded).columns[0].folded);
    auto lazy = source_table(2, "lazy", {"id"});
    lazy.key_collations = {"nocase"};
    CHECK(fault_of(target, lazy).code == "key_type_unsafe");
  }

  TEST_CASE("rules give table and columns other names, and types other readings") {
    TargetFixture target("CREATE TABLE \"Customer Orders\" (\"Order\" bigint PRIMARY KEY, at timestamptz)",
                         {});
    auto& rule = target.options.rules["ORDERS"];
    rule.target = "Customer Orders";
    rule.rename["ID"] = "Order";
    rule.types["at"] = "unix_ms";
    const auto table = found(target, source_table(1, "orders", {"id", "at"}));
    CHECK(table.display_name == "public.Customer Orders");
    CHECK(table.columns[0].name == "\"Order\"");
    CHECK(table.columns[1].rule == applier::parse_type_rule("unix_ms"));
    rule.types["at"] = "uuid";
    CHECK(fault_of(target, source_table(1, "orders", {"id", "at"})).code == "rule_refused");
    rule.types.clear();
    rule.rename["when"] = "at";
    CHECK(fault_of(target, source_table(1, "orders", {"id", "at"})).code == "rule_refused");
    rule.rename = {{"id", "Order"}, {"at", "Order"}};
    CHECK(fault_of(target, source_table(1, "orders", {"id", "at"})).code == "column_twice");
  }

  TEST_CASE("rules shape the table that Sluice makes") {
    TargetFixture target("SELECT 1", {});
    auto table = source_table(1, std::string(64, 't'), {"id", std::string(64, 'c')});
    auto& rule = target.options.rules[table.name];
    rule.target = std::string(63, 't');
    rule.rename[std::string(64, 'c')] = std::string(63, 'c');
    rule.types[std::string(64, 'c')] = "unix_s";
    target.session->exec(applier::create_table_sql(target.options, table));
    const auto made = found(target, table);
    CHECK(made.name == "\"public\".\"" + std::string(63, 't') + "\"");
    CHECK(made.columns[1].type == "timestamp with time zone");
  }

  TEST_CASE("a long name of a column that came later is shortened, and never cut to one that is there") {
    TargetFixture target("SELECT 1", {});
    target.session->exec("CREATE TABLE item (id bigint PRIMARY KEY, " + std::string(63, 'c') + " text)");
    const auto error = fault_of(target, source_table(1, "item", {"id", std::string(64, 'c')}));
    CHECK(error.code == "column_missing");
    target.session->exec(error.hint);
    const auto table = found(target, source_table(1, "item", {"id", std::string(64, 'c')}));
    CHECK(table.columns[1].name != applier::quote_name(std::string(63, 'c')));
  }

  TEST_CASE("two tables that would be written to one are refused") {
    applier::TargetOptions options;
    options.identifiers = applier::Identifiers::snake;
    const std::vector sources{source_table(1, "orderLine", {"id"}), source_table(2, "order_line", {"id"})};
    CHECK_THROWS_AS(applier::refuse_shared_targets(options, sources), ApplyError);
    options.rules["orderLine"].target = "lines";
    CHECK_NOTHROW(applier::refuse_shared_targets(options, sources));
  }

  TEST_CASE("foreign keys that point here are known by what they do on a delete") {
    TargetFixture target(
        "CREATE TABLE item (id bigint PRIMARY KEY, up bigint REFERENCES item ON DELETE SET NULL);"
        "CREATE TABLE a (id bigint PRIMARY KEY, item bigint REFERENCES item ON DELETE RESTRICT);"
        "CREATE TABLE b (id bigint PRIMARY KEY, item bigint REFERENCES item)",
        {});
    const auto item = found(target, source_table(1, "item", {"id", "up"}));
    CHECK(item.restricted);
    CHECK(item.references_itself);
    REQUIRE(item.incoming.size() == 1);
    CHECK(item.incoming[0].child_columns == Names{"\"up\""});
    CHECK(found(target, source_table(2, "b", {"id", "item"})).parents == std::vector<unsigned>{item.oid});
  }
}
