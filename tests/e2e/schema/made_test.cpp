// Tables that the daemon makes: constraints before the rows, indexes and foreign keys after them.

#include <doctest/doctest.h>

#include <pqxx/pqxx>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

using namespace sluice;
using namespace sluice::e2e;

namespace {

std::string text_of(const char* folder, const std::string& file) {
  return support::read_file(std::filesystem::path(folder) / file);
}

std::string foreign_keys(const Mirror& mirror, bool valid) {
  return mirror.server(
      std::string("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = "
                  "'public'::regnamespace AND convalidated = ") +
      (valid ? "true" : "false"));
}

std::string differing(Mirror& mirror) {
  return mirror.daemon.ctl({"schema", "--diff"}).out;
}

MirrorOptions as(const char* role) {
  MirrorOptions options;
  options.role = role;
  return options;
}

constexpr const char* kFamilies =
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE "
    "CASCADE);"
    "CREATE INDEX children_by_parent ON children (parent);"
    "INSERT INTO parents VALUES (1, 'a'), (2, 'b'); INSERT INTO children VALUES (1, 1), (2, 2)";

}  // namespace

TEST_CASE("a value that is too long for an index that Sluice made goes over without the index") {
  const std::string long_value =
      "SELECT group_concat(hex(randomblob(16)), '') FROM (WITH RECURSIVE n(i) AS (SELECT 1 "
      "UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i FROM n)";
  Mirror mirror(
      "CREATE TABLE links (id INTEGER PRIMARY KEY, url TEXT NOT NULL, rank INTEGER, code TEXT UNIQUE);"
      "CREATE INDEX links_url ON links (url); CREATE INDEX links_rank ON links (rank);"
      "INSERT INTO links (url) VALUES ('http://a')");
  mirror.start();
  must_flush(mirror.daemon);
  const std::string indexes =
      "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'links'";
  CHECK(mirror.server(indexes) == "links_code_key links_pkey links_rank links_url");
  mirror.run("INSERT INTO links (url) " + long_value + "; INSERT INTO links (url) VALUES ('http://b')");
  must_flush(mirror.daemon);
  CHECK(mirror.differences() == "");
  CHECK(mirror.server(indexes) == "links_code_key links_pkey links_rank");
  CHECK(mirror.daemon.log().find("index_dropped pipeline=shop table=links name=links_url") !=
        std::string::npos);
  // What keeps values apart stays, and says what is in the way.
  mirror.run("INSERT INTO links (url, code) SELECT 'c', (" + long_value + ")");
  wait_for_state(mirror.daemon, "halted");
  CHECK(mirror.status().at("error").at("sqlstate") == "54000");
  CHECK(mirror.status().at("error").at("hint").get<std::string>().find("that it is too long for") !=
        std::string::npos);
  CHECK(mirror.server(indexes) == "links_code_key links_pkey links_rank");
}

TEST_CASE("tables that point at one another are copied together where the server checks their keys at once") {
  for (const char* checked : {"DEFERRABLE INITIALLY DEFERRED", ""}) {
    CAPTURE(checked);
    Mirror mirror(
        "CREATE TABLE team (id INTEGER PRIMARY KEY, captain INTEGER REFERENCES player (id));"
        "CREATE TABLE player (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES team (id));"
        "CREATE TABLE goal (id INTEGER PRIMARY KEY, player INTEGER REFERENCES player (id));"
        "INSERT INTO team VALUES (1, 1), (2, 3); INSERT INTO player VALUES (1, 1), (2, 1), (3, 2);"
        "INSERT INTO goal VALUES (1, 3), (2, 2)",
        as(support::PostgresCluster::kOwner));
    const std::string how = checked;
    mirror.server(
        "CREATE TABLE team (id bigint PRIMARY KEY, captain bigint);"
        "CREATE TABLE player (id bigint PRIMARY KEY, team bigint NOT NULL REFERENCES team " +
        how +
        "); CREATE TABLE goal (id bigint PRIMARY KEY, player bigint REFERENCES player);"
        "ALTER TABLE team ADD FOREIGN KEY (captain) REFERENCES player " +
        how);
    mirror.start();
    CHECK(mirror.differences() == "");
    mirror.run(
        "INSERT INTO team VALUES (3, NULL); INSERT INTO player VALUES (4, 3); UPDATE team SET captain = 4 "
        "WHERE id = 3; INSERT INTO goal VALUES (3, 4)");
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
  }
}

TEST_CASE("a column without a name gets one") {
  Mirror mirror("CREATE TABLE csv (id INTEGER PRIMARY KEY, \"\" TEXT); INSERT INTO csv VALUES (1, 'a')");
  mirror.start();
  mirror.run("UPDATE csv SET \"\" = 'b'");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT id, unnamed FROM csv") == "1|b");
  CHECK(mirror.daemon.ctl({"verify"}).exit_code == 0);
}

TEST_CASE("a file with everything is copied into tables with all their constraints") {
  for (const char* role : {support::PostgresCluster::kOwner, support::PostgresCluster::kReplicaOwner}) {
    CAPTURE(role);
    Mirror mirror(text_of(SLUICE_SCHEMA, "everything.sql"), as(role));
    mirror.start();
    CHECK(differing(mirror) == "shop: nothing differs\n");
    CHECK(foreign_keys(mirror, true) == "4");
    CHECK(mirror.server(
              "SELECT id, name, parent_id, weight, price, is_open, flag, odd FROM packages ORDER BY id") ==
          "1|root|NULL|0.1|9.99|t|t|1\n2|leaf|1|0.30000000000000004|10.00|t|f|two\n"
          "9007199254740993|leaf|2|3|0.50|t|NULL|3");
    CHECK(
        mirror.server(
            "SELECT size, size_in_kb, meta, body, seen AT TIME ZONE 'UTC', said FROM files ORDER BY uid") ==
        "4096|4|{\"a\": [1]}|\\x00ff|2020-09-13 12:26:40|7\nNULL|NULL|\"x\"|NULL|2024-02-29 12:30:15|seven");
    mirror.run(
        "PRAGMA foreign_keys = ON; UPDATE files SET package = 1; UPDATE packages SET parent_id = NULL WHERE "
        "id > 2;"
        "INSERT INTO packages (id, name, parent_id) VALUES (5, 'new', 1); DELETE FROM packages WHERE id = 2;"
        "UPDATE \"order\" SET \"from\" = 'c' WHERE \"select\" = 1");
    must_flush(mirror.daemon);
    CHECK(mirror.server("SELECT string_agg(id::text, ',' ORDER BY id) FROM packages") ==
          mirror.source.rows("SELECT group_concat(id) FROM (SELECT id FROM packages ORDER BY id)"));
    CHECK(mirror.server("SELECT \"from\" FROM \"order\" WHERE \"select\" = 1") == "c");
  }
}

TEST_CASE("an e-shop goes over into tables that Sluice makes") {
  Mirror mirror(text_of(SLUICE_APPS, "shop_sqlite.sql"));
  mirror.start();
  CHECK(mirror.differences() == "");
  CHECK(differing(mirror) == "shop: nothing differs\n");
  CHECK(mirror.server("SELECT count(*) > 10 FROM pg_constraint WHERE contype = 'f' AND convalidated") == "t");
}

TEST_CASE("rows that point nowhere go over; the foreign key is named and stays not checked") {
  for (const char* role : {support::PostgresCluster::kOwner, support::PostgresCluster::kReplicaOwner}) {
    CAPTURE(role);
    Mirror mirror(kFamilies, as(role));
    mirror.run("INSERT INTO children VALUES (3, 99)");
    mirror.start();
    CHECK(mirror.differences() == "");
    CHECK(foreign_keys(mirror, false) == "1");
    CHECK(mirror.daemon.log().find("foreign_key_not_valid") != std::string::npos);
    CHECK(mirror.daemon.ctl({"check"}).out.find("children_parent_fkey") != std::string::npos);
    CHECK(differing(mirror).find("VALIDATE CONSTRAINT \"children_parent_fkey\"") != std::string::npos);
    mirror.run("UPDATE children SET parent = 1 WHERE id = 3");
    CHECK(mirror.differences() == "");
    mirror.server("ALTER TABLE children VALIDATE CONSTRAINT children_parent_fkey");
    CHECK(differing(mirror) == "shop: nothing differs\n");
  }
}

TEST_CASE("a daemon that dies between the copies and the indexes makes them when it comes back") {
  Mirror mirror(kFamilies);
  // The server stops before the index until the test lets go of the lock.
  mirror.cluster.psql(
      mirror.database,
      "CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_advisory_xact_lock(42); END';"
      "CREATE EVENT TRIGGER wait ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION wait();"
      "ALTER EVENT TRIGGER wait ENABLE ALWAYS");
  pqxx::connection gate(mirror.cluster.url(mirror.database));
  pqxx::nontransaction held(gate);
  held.exec("SELECT pg_advisory_lock(42)");
  mirror.daemon.start();
  support::wait_until("the index is waited for", [&] {
    return mirror.cluster.psql(mirror.database, "SELECT count(*) FROM pg_locks WHERE NOT granted") == "1";
  });
  CHECK(mirror.status().at("state") == "copying");
  CHECK(mirror.server("SELECT count(*) FROM children") == "2");
  mirror.daemon.kill();
  held.exec("SELECT pg_advisory_unlock(42)");
  CHECK(mirror.server("SELECT bool_or(unfinished) FROM sluice.table_copy") == "t");
  CHECK(foreign_keys(mirror, true) == "0");

  mirror.daemon.start();
  wait_for_state(mirror.daemon, "streaming");
  CHECK(differing(mirror) == "shop: nothing differs\n");
  CHECK(mirror.server("SELECT bool_or(unfinished) FROM sluice.table_copy") == "f");
  CHECK(mirror.differences() == "");
}

TEST_CASE("an index that the server refuses is told of, and the rows go on") {
  Mirror mirror(
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX notes_both ON notes (a, b);"
      "CREATE INDEX notes_by_a ON notes (a)");
  // Beyond the rows that are looked at before the table is made.
  mirror.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
      "INSERT INTO notes SELECT i, 'short', 'short' FROM n;"
      "UPDATE notes SET a = hex(randomblob(2000)) WHERE id = 21000");
  mirror.start();
  CHECK(mirror.daemon.log().find("warning index_not_made") != std::string::npos);
  CHECK(mirror.server("SELECT count(*) || ' ' || max(length(a)) FROM notes") == "100000 4000");
  mirror.run("UPDATE notes SET b = 'longer' WHERE id = 21000");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT b FROM notes WHERE id = 21000") == "longer");
}

TEST_CASE("a table that comes later gets its indexes and foreign keys, too") {
  Mirror mirror(kFamilies);
  mirror.start();
  mirror.run(
      "CREATE TABLE pets (id INTEGER PRIMARY KEY, child INTEGER REFERENCES children, name TEXT NOT NULL);"
      "CREATE INDEX pets_by_name ON pets (name DESC); INSERT INTO pets VALUES (1, 1, 'rex')");
  CHECK(mirror.differences() == "");
  wait_for_state(mirror.daemon, "streaming");
  CHECK(differing(mirror) == "shop: nothing differs\n");
  CHECK(foreign_keys(mirror, true) == "2");
}

TEST_CASE("check tells that the schema of SQLite has moved on since the table was made") {
  Mirror mirror(kFamilies);
  mirror.start();
  CHECK(mirror.daemon.ctl({"check"}).out.find("schema --diff") == std::string::npos);
  mirror.run("CREATE INDEX parents_by_name ON parents (name)");
  must_flush(mirror.daemon);
  CHECK(mirror.daemon.ctl({"check"}).out.find("schema --diff") != std::string::npos);
  mirror.server("CREATE INDEX some_name ON parents (name)");
  CHECK(mirror.daemon.ctl({"check"}).out.find("schema --diff") == std::string::npos);
}
