// What can't be a target says so before anything is written, with its remedy, and is looked at again by
// itself.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {
namespace {

constexpr const char* kItems =
    "CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO items VALUES(1, 'a')";
constexpr const char* kTarget = "CREATE TABLE items (id bigint PRIMARY KEY, name text)";

void check_halts(Mirror& mirror, const std::string& code) {
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  const auto error = halted_at_start(mirror);
  CHECK(error.at("code") == code);
  CHECK(error.at("class") == "table");
  CHECK(error.at("table") == "items");
}

}  // namespace

TEST_CASE("a view, also one with rules, is refused; another table of the rule's choice is not") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(kItems, options);
    mirror.server(
        "CREATE TABLE real_items (id bigint PRIMARY KEY, name text); CREATE VIEW items AS SELECT * FROM "
        "real_items;"
        "CREATE RULE put AS ON INSERT TO items DO INSTEAD INSERT INTO real_items VALUES (NEW.*)");
    check_halts(mirror, "not_a_table");
    mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
                                 rule("items", "{target: real_items}")));
    CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
    check_same(mirror, "SELECT * FROM items");
    CHECK(mirror.server("SELECT count(*) FROM real_items") == "1");
  });
}

TEST_CASE("rules that do something else instead are refused in ordinary mode and silent in replica mode") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(kItems, options);
    mirror.server(std::string(kTarget) + "; CREATE RULE keep AS ON DELETE TO items DO INSTEAD NOTHING");
    if (options.role == support::PostgresCluster::kOwner) {
      check_halts(mirror, "rules_instead");
      follow_remedy(mirror, "ALTER TABLE");
    } else {
      mirror.start();
    }
    mirror.run("DELETE FROM items; INSERT INTO items VALUES(2, 'b')");
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("row-level security that applies to the role is refused with each way out") {
  in_both_modes("", [](const MirrorOptions& options) {
    for (const char* way : {"ALTER ROLE", "ALTER TABLE"}) {
      CAPTURE(way);
      Mirror mirror(kItems, options);
      mirror.cluster.psql(mirror.database,
                          std::string(kTarget) +
                              "; ALTER TABLE items ENABLE ROW LEVEL SECURITY;"
                              "CREATE POLICY low_ids ON items USING (id < 10); GRANT ALL ON items TO " +
                              mirror.role);
      check_halts(mirror, "row_security");
      CHECK(mirror.status().at("error").at("sqlstate") == "42501");
      follow_remedy(mirror, way);
      mirror.run("INSERT INTO items VALUES(20, 'b'); UPDATE items SET name = 'c'");
      CHECK(mirror.differences() == "");
      mirror.cluster.psql(mirror.database, "ALTER ROLE " + mirror.role + " NOBYPASSRLS");
    }
  });
}

TEST_CASE("a key type that calls different keys equal is refused with the ALTER TABLE") {
  for (const char* type : {"citext", "char(8)", "text COLLATE lazy"}) {
    CAPTURE(type);
    Mirror mirror(
        "CREATE TABLE items(id TEXT PRIMARY KEY, name TEXT); INSERT INTO items VALUES('a', '1'), ('A', '2')");
    mirror.cluster.psql(mirror.database,
                        "CREATE EXTENSION citext; CREATE COLLATION lazy (provider = icu,"
                        " locale = 'und-u-ks-level2', deterministic = false)");
    mirror.server("CREATE TABLE items (id " + std::string(type) + " PRIMARY KEY, name text)");
    check_halts(mirror, "key_type_unsafe");
    follow_remedy(mirror, "ALTER TABLE", mirror.role);
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("an identity column that never takes a new value is refused with the ALTER TABLE") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror("CREATE TABLE items(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO items VALUES(1, 5)",
                  options);
    mirror.server("CREATE TABLE items (id bigint PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY)");
    check_halts(mirror, "column_fixed");
    follow_remedy(mirror, "ALTER TABLE", mirror.role);
    mirror.run("UPDATE items SET n = 6");
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("check tells of a schema in which the role may not make tables, with the GRANT that helps") {
  in_both_modes("      schema: sealed\n", [](const MirrorOptions& options) {
    Mirror mirror(kItems, options);
    mirror.cluster.psql(mirror.database, "CREATE SCHEMA sealed");
    const auto check = mirror.daemon.ctl({"check"});
    CHECK(check.exit_code == 1);
    const std::string grant = "GRANT USAGE, CREATE ON SCHEMA \"sealed\" TO " + mirror.role + ";";
    CHECK(check.out.find("the role may not create tables in schema 'sealed'") != std::string::npos);
    CHECK(check.out.find("remedy: " + grant) != std::string::npos);
    const auto error = halted_at_start(mirror);
    CHECK(error.at("sqlstate") == "42501");
    CHECK(error.at("hint").get<std::string>().starts_with(grant));
    follow_remedy(mirror, "GRANT");
    check_same(mirror, "SELECT id, name FROM items", "SELECT id, name FROM sealed.items");
    CHECK(mirror.daemon.ctl({"check"}).exit_code == 0);
  });
}

TEST_CASE("check tells whose state schema it is, where it is another role's") {
  Mirror mirror(kItems, {.settings = "      state_schema: theirs\n"});
  mirror.cluster.psql(mirror.database, "CREATE SCHEMA theirs; GRANT ALL ON SCHEMA theirs TO " + mirror.role +
                                           "; CREATE TABLE theirs.format (version integer)");
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  CHECK(check.out.find("belongs to role postgres, not to " + mirror.role) != std::string::npos);
}

}  // namespace sluice::e2e
