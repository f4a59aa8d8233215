// sluicectl schema: what it prints runs on a real server, twice, and --diff tells what that server has
// otherwise.

#include <doctest/doctest.h>

#include <set>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

using namespace sluice;
using namespace sluice::e2e;

namespace {

std::string everything() {
  return support::read_file(std::filesystem::path(SLUICE_SCHEMA) / "everything.sql");
}

std::string ddl(Mirror& mirror) {
  const auto outcome = mirror.daemon.ctl({"schema"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err == "");
  return outcome.out;
}

std::string type_of(const Mirror& mirror, const std::string& table, const std::string& column) {
  return mirror.server("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '" +
                       table + "'::regclass AND attname = '" + column + "'");
}

int differences_exit(Mirror& mirror) {
  return mirror.daemon.ctl({"schema", "--diff"}).exit_code;
}

/// The kinds of the differences, with the tables: "public.packages missing_index".
std::multiset<std::string> kinds(Mirror& mirror) {
  const auto answer = nlohmann::json::parse(mirror.daemon.ctl({"schema", "--diff", "--json"}).out);
  std::multiset<std::string> kinds;
  for (const auto& each : answer.at("differences"))
    kinds.insert(each.at("table").get<std::string>() + " " + each.at("kind").get<std::string>());
  return kinds;
}

}  // namespace

TEST_CASE("the DDL of a file with everything runs on a server, runs again, and then nothing differs") {
  Mirror mirror(everything());
  const std::string text = ddl(mirror);
  CHECK(ddl(mirror) == text);
  CHECK(differences_exit(mirror) == 5);
  mirror.server(text);
  mirror.server(text);
  CHECK(mirror.daemon.ctl({"schema", "--diff"}).out == "shop: nothing differs\n");
  CHECK(differences_exit(mirror) == 0);

  CHECK(type_of(mirror, "packages", "id") == "bigint");
  CHECK(type_of(mirror, "packages", "weight") == "double precision");
  CHECK(type_of(mirror, "packages", "price") == "numeric(10,2)");
  CHECK(type_of(mirror, "packages", "is_open") == "boolean");
  CHECK(type_of(mirror, "packages", "created_at") == "timestamp without time zone");
  CHECK(type_of(mirror, "packages", "odd") == "text");
  CHECK(type_of(mirror, "files", "uid") == "uuid");
  CHECK(type_of(mirror, "files", "seen") == "timestamp with time zone");
  CHECK(type_of(mirror, "files", "measured") == "double precision");
  CHECK(type_of(mirror, "files", "said") == "text");
  CHECK(type_of(mirror, "files", "anything") == "text");
  CHECK(type_of(mirror, "django_user", "data") == "jsonb");
  CHECK(type_of(mirror, "django_user", "ref") == "uuid");
  CHECK(mirror.server("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname IN"
                      " ('packages_pkey', 'packages_id_seq')") == "2");
  CHECK(mirror.server("SELECT count(*) FROM pg_class WHERE relname ~ '^a_table_with' AND relkind = 'r'") ==
        "2");
  CHECK(mirror.server("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == "4");
}

TEST_CASE("defaults are what SQLite's are") {
  Mirror mirror(everything());
  mirror.server(ddl(mirror));
  mirror.server("INSERT INTO packages (name) VALUES ('x')");
  CHECK(mirror.server(
            "SELECT kind, weight, price, is_open, flag, created_at > now() AT TIME ZONE 'UTC' - '1 "
            "min'::interval,"
            " made_on = (now() AT TIME ZONE 'UTC')::date, abs(stamp - extract(epoch FROM now())) < 60, odd"
            " FROM packages") == "lib|1.5|0.00|t|f|t|t|t|NULL");
}

TEST_CASE("what differs is told, each with what would mend it") {
  Mirror mirror(everything());
  mirror.server(ddl(mirror));
  mirror.server(
      "DROP TABLE lines; ALTER TABLE packages DROP COLUMN odd, ADD COLUMN more text, ALTER COLUMN weight "
      "TYPE real,"
      " ALTER COLUMN kind DROP NOT NULL, ALTER COLUMN stamp SET NOT NULL, ALTER COLUMN flag DROP DEFAULT,"
      " ALTER COLUMN id DROP IDENTITY, DROP CONSTRAINT \"name is short\", DROP CONSTRAINT "
      "packages_parent_id_fkey;"
      "ALTER TABLE \"order\" DROP CONSTRAINT order_from_key; DROP INDEX files_by_package;"
      "ALTER TABLE empty DROP CONSTRAINT empty_pkey");
  const std::string table = "public.packages ";
  CHECK(kinds(mirror) == std::multiset<std::string>{
                             "public.lines missing_table", "public.lines missing_foreign_key",
                             table + "missing_column", table + "extra_column", table + "type",
                             table + "not_null", table + "nullable", table + "default", table + "identity",
                             table + "missing_check", table + "missing_foreign_key",
                             "public.order missing_index", "public.files missing_index", "public.empty key"});
  const auto answer = nlohmann::json::parse(mirror.daemon.ctl({"schema", "--diff", "--json"}).out);
  for (const auto& each : answer.at("differences")) {
    CAPTURE(each.dump());
    if (each.at("ddl") != "") CHECK_NOTHROW(mirror.server(each.at("ddl")));
  }
  CHECK(kinds(mirror) == std::multiset<std::string>{table + "extra_column"});
}

TEST_CASE("what would mend a type runs, and keeps values and defaults in any time zone") {
  Mirror mirror(
      "CREATE TABLE z (id INTEGER PRIMARY KEY, j JSON, d DATETIME, zoned DATETIME, b BOOLEAN DEFAULT 0, u "
      "UUID, n "
      "INTEGER DEFAULT 5); INSERT INTO z VALUES (1, '{}', '2024-06-01 10:00:00', '2024-06-01 10:00:00Z', 1, "
      "'0b1d3c5e-7f9a-4b2c-8d6e-0f1a2b3c4d5e', 7)");
  mirror.server(
      "CREATE TABLE z (id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, j text DEFAULT '[]', d "
      "timestamptz, zoned timestamp, b integer DEFAULT 0, u text, n integer DEFAULT 5)");
  mirror.start();
  must_flush(mirror.daemon);
  mirror.server("ALTER DATABASE " + mirror.database + " SET timezone = 'Europe/Berlin'");
  const auto answer = nlohmann::json::parse(mirror.daemon.ctl({"schema", "--diff", "--json"}).out);
  for (const auto& each : answer.at("differences")) {
    CAPTURE(each.dump());
    CHECK_NOTHROW(mirror.server(each.at("ddl")));
  }
  CHECK(kinds(mirror).empty());
  CHECK(mirror.server("SET timezone = 'UTC'; SELECT j, d, zoned, b, u, n FROM z") ==
        "{}|2024-06-01 10:00:00|2024-06-01 10:00:00+00|t|0b1d3c5e-7f9a-4b2c-8d6e-0f1a2b3c4d5e|7");
  CHECK(mirror.server("INSERT INTO z (id) VALUES (2) RETURNING b, n") == "f|5");
}

TEST_CASE(
    "a table that Sluice made does not differ because other rows would have had it choose other types") {
  Mirror mirror(
      "CREATE TABLE ev (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO ev VALUES (1, '2024-06-01 "
      "10:00:00'), "
      "(2, '2024-06-01 10:00:00+02:00')");
  mirror.start();
  CHECK(kinds(mirror).empty());
  mirror.run("DELETE FROM ev WHERE id = 2");
  must_flush(mirror.daemon);
  CHECK(kinds(mirror).empty());
}

TEST_CASE("names follow target.identifiers and the rules") {
  MirrorOptions options;
  options.settings =
      "      identifiers: snake\n"
      "    tables: {rules: {OrderLine: {rename: {unitPrice: price}, types: {unitPrice: numeric}}, Old: "
      "{target: new_one},"
      " Big: {columns: {except: [secret]}}}}\n";
  Mirror mirror(
      "CREATE TABLE OrderLine (lineId INTEGER PRIMARY KEY, unitPrice REAL, \"Big Name\" TEXT, oldId INT "
      "REFERENCES Old);"
      "CREATE INDEX byPrice ON OrderLine (unitPrice); CREATE TABLE Old (oldId INTEGER PRIMARY KEY);"
      "CREATE TABLE Big (id INTEGER PRIMARY KEY, secret TEXT UNIQUE CHECK (secret <> ''), shown TEXT)",
      options);
  const std::string text = ddl(mirror);
  CHECK(text.find("\"price\" numeric") != std::string::npos);
  CHECK(text.find("\"big_name\" text") != std::string::npos);
  CHECK(text.find("INDEX IF NOT EXISTS \"by_price\" ON \"public\".\"order_line\" (\"price\")") !=
        std::string::npos);
  CHECK(text.find("REFERENCES \"public\".\"new_one\" (\"old_id\")") != std::string::npos);
  CHECK(text.find("\"secret\"") == std::string::npos);
  mirror.server(text);
  CHECK(differences_exit(mirror) == 0);
}

TEST_CASE("without a server the DDL is there, and --diff says what is wrong") {
  Mirror mirror("CREATE TABLE a (id INTEGER PRIMARY KEY)");
  mirror.daemon.configure(shop(mirror.source.path(), "host=/nowhere dbname=x"));
  CHECK(ddl(mirror).find("\"a\"") != std::string::npos);
  const auto refused = mirror.daemon.ctl({"schema", "--diff"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err != "");
  CHECK(mirror.daemon.ctl({"schema", "nobody"}).exit_code == 2);
}
