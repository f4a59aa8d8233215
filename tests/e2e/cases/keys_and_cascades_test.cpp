// Keys that change, and rows that SQLite itself changes on behalf of a foreign key.

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/e2e/cases/steps.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

/// kReplicaOwner writes in replica mode, kOwner in ordinary mode.
MirrorOptions as(const std::string& role) {
  MirrorOptions options;
  options.role = role;
  return options;
}

constexpr const char* kEnforced = "PRAGMA foreign_keys = ON";
constexpr const char* kBroken = "FOREIGN KEY constraint failed";

constexpr const char* kFamily =
    "PRAGMA foreign_keys = ON;"
    "CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT);"
    "CREATE TABLE cascading(id INTEGER PRIMARY KEY,"
    "  parent INTEGER REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);"
    "CREATE TABLE nulled(id INTEGER PRIMARY KEY,"
    "  parent INTEGER REFERENCES parent ON DELETE SET NULL ON UPDATE SET NULL);"
    "CREATE TABLE defaulted(id INTEGER PRIMARY KEY,"
    "  parent INTEGER DEFAULT 0 REFERENCES parent ON DELETE SET DEFAULT ON UPDATE SET DEFAULT);"
    "CREATE TABLE coded(code TEXT REFERENCES parent(code) ON DELETE CASCADE ON UPDATE CASCADE,"
    "  n INTEGER, PRIMARY KEY(code, n)) WITHOUT ROWID;"
    "CREATE TABLE grandchild(id INTEGER PRIMARY KEY,"
    "  parent INTEGER REFERENCES cascading ON DELETE CASCADE ON UPDATE CASCADE);"
    "INSERT INTO parent VALUES(0, 'none', 'nobody'), (1, 'a', 'Ann'), (2, 'b', 'Ben'), (3, 'c', 'Cid'),"
    "  (4, 'd', 'Dan'), (5, 'e', 'Eve');"
    "INSERT INTO cascading SELECT id * 10, id FROM parent;"
    "INSERT INTO nulled SELECT id * 10, id FROM parent;"
    "INSERT INTO defaulted SELECT id * 10, id FROM parent;"
    "INSERT INTO coded SELECT code, id FROM parent;"
    "INSERT INTO grandchild SELECT id * 10, id FROM cascading;";

/// The same tables on the server, with its own foreign keys, which ordinary mode has to obey.
constexpr const char* kServerFamily =
    "CREATE TABLE parent(id bigint PRIMARY KEY, code text, name text);"
    "CREATE TABLE cascading(id bigint PRIMARY KEY, parent bigint REFERENCES parent ON DELETE CASCADE);"
    "CREATE TABLE nulled(id bigint PRIMARY KEY, parent bigint REFERENCES parent ON DELETE SET NULL);"
    "CREATE TABLE defaulted(id bigint PRIMARY KEY, parent bigint REFERENCES parent);"
    "CREATE TABLE coded(code text, n bigint, PRIMARY KEY(code, n));"
    "CREATE TABLE grandchild(id bigint PRIMARY KEY, parent bigint REFERENCES cascading ON UPDATE CASCADE)";

void check_family(const std::string& role, const std::string& on_server) {
  Mirror mirror(kFamily, as(role));
  if (!on_server.empty()) mirror.server(on_server);
  mirror.start();
  check_steps(mirror, {"DELETE FROM parent WHERE id = 1",
                       "UPDATE parent SET id = 20 WHERE id = 2",
                       "UPDATE parent SET code = 'C' WHERE id = 3",
                       "UPDATE cascading SET id = 31 WHERE id = 30",
                       "UPDATE parent SET id = id + 100, code = code || '+' WHERE id >= 4 AND id < 20",
                       {"UPDATE nulled SET parent = 99", kBroken},
                       "DELETE FROM cascading WHERE parent = 20",
                       "DELETE FROM parent WHERE id > 0"});
  CHECK(
      mirror.server("SELECT string_agg(id || '->' || coalesce(parent::text, ''), ' ' ORDER BY id)"
                    " FROM (SELECT * FROM nulled UNION ALL SELECT id + 1, parent FROM defaulted) AS child") ==
      "0->0 1->0 10-> 11->0 20-> 21->0 30-> 31->0 40-> 41->0 50-> 51->0");
  CHECK(mirror.server("SELECT (SELECT count(*) FROM cascading), (SELECT count(*) FROM grandchild),"
                      " (SELECT string_agg(code, ',') FROM coded)") == "1|1|none");
}

}  // namespace

TEST_CASE("case 11: ON DELETE and ON UPDATE CASCADE, SET NULL and SET DEFAULT") {
  check_family(PostgresCluster::kReplicaOwner, "");
}

TEST_CASE("case 11: foreign-key actions in ordinary mode, where the server has foreign keys too") {
  check_family(PostgresCluster::kOwner, kServerFamily);
}

TEST_CASE("case 11: a parent that is replaced, by its key and by a unique value") {
  for (const char* recursive_triggers : {"OFF", "ON"}) {
    CAPTURE(std::string(recursive_triggers));
    Mirror mirror(kFamily);
    mirror.start();
    mirror.run(std::string("PRAGMA recursive_triggers = ") + recursive_triggers);
    check_steps(mirror, {"REPLACE INTO parent VALUES(1, 'a', 'Ann again')",
                         "REPLACE INTO parent VALUES(6, 'b', 'instead of Ben')",
                         "REPLACE INTO parent VALUES(3, 'd', 'instead of Cid and Dan')",
                         "UPDATE OR REPLACE parent SET id = 6, code = 'e' WHERE id = 5",
                         "UPDATE OR REPLACE parent SET code = 'd' WHERE id = 6"});
    CHECK(mirror.server("SELECT string_agg(id || code, ' ' ORDER BY id) FROM parent") == "0none 1a 6d");
    CHECK(mirror.server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM cascading") == "0 50");
  }
}

TEST_CASE("case 11: deferred foreign keys") {
  for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
    CAPTURE(std::string(role));
    Mirror mirror(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
        "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent"
        "  ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TABLE strict_child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent)",
        as(role));
    mirror.server(
        "CREATE TABLE parent(id bigint PRIMARY KEY);"
        "CREATE TABLE child(id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES parent);"
        "CREATE TABLE strict_child(id bigint PRIMARY KEY, parent bigint REFERENCES parent)");
    mirror.start();
    mirror.run(kEnforced);
    check_steps(mirror,
                {"BEGIN; INSERT INTO child VALUES(1, 1), (2, 2); INSERT INTO parent VALUES(1), (2); COMMIT",
                 ("BEGIN; DELETE FROM parent WHERE id = 1; UPDATE parent SET id = 3 WHERE id = 2;"
                  "DELETE FROM child WHERE id = 1; COMMIT"),
                 "BEGIN; DELETE FROM parent; INSERT INTO parent VALUES(3), (4); COMMIT",
                 ("BEGIN; PRAGMA defer_foreign_keys = ON; INSERT INTO strict_child VALUES(1, 5);"
                  "INSERT INTO parent VALUES(5); UPDATE parent SET id = 6 WHERE id = 5;"
                  "UPDATE strict_child SET parent = 6; COMMIT")});
    CHECK(mirror.attempt("BEGIN; INSERT INTO child VALUES(9, 9); COMMIT") == kBroken);
    mirror.run("ROLLBACK");
    CHECK(mirror.differences() == "");
    CHECK(mirror.server("SELECT (SELECT string_agg(id::text, ' ' ORDER BY id) FROM parent),"
                        " (SELECT string_agg(id || '->' || parent, ' ') FROM child)") == "3 4 6|2->3");
  }
}

TEST_CASE("case 12: cascades within one table") {
  Mirror mirror(
      "PRAGMA foreign_keys = ON;"
      "CREATE TABLE node(id INTEGER PRIMARY KEY, above INTEGER REFERENCES node"
      "  ON DELETE CASCADE ON UPDATE CASCADE, name TEXT);"
      "CREATE TABLE chain(name TEXT PRIMARY KEY, next TEXT REFERENCES chain"
      "  ON DELETE SET NULL ON UPDATE CASCADE) WITHOUT ROWID;"
      "INSERT INTO node VALUES(1, 1, 'itself'), (2, 1, 'child'), (3, 2, 'grandchild'), (4, NULL, 'root'),"
      "  (5, 4, 'leaf'), (6, 4, 'leaf');"
      "BEGIN; PRAGMA defer_foreign_keys = ON;"
      "INSERT INTO chain VALUES('a', 'b'), ('b', 'c'), ('c', 'a'), ('d', 'd'); COMMIT");
  mirror.start();
  check_steps(mirror,
              {"UPDATE node SET id = 9 WHERE id = 1", "UPDATE node SET id = 8, name = 'moved' WHERE id = 2",
               "UPDATE node SET id = id + 100, above = id + 100 WHERE id = 4",
               "REPLACE INTO node VALUES(8, 9, 'without children')", "DELETE FROM node WHERE id = 9",
               "UPDATE chain SET name = 'z' WHERE name = 'd'", "UPDATE chain SET name = upper(name)",
               "DELETE FROM chain WHERE name = 'B'", "REPLACE INTO chain VALUES('A', 'C')"});
  CHECK(mirror.server("SELECT (SELECT string_agg(id || '->' || above, ' ' ORDER BY id) FROM node),"
                      " (SELECT string_agg(name || coalesce(next, ''), ' ' ORDER BY name) FROM chain)") ==
        "5->104 6->104 104->104|AC C ZZ");
}

TEST_CASE("case 13: DROP TABLE of a parent with foreign keys enforced") {
  Mirror mirror(kFamily, {.settings = "    schema_changes: mirror\n"});
  mirror.start();
  mirror.run("UPDATE defaulted SET parent = NULL; DROP TABLE parent");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT (SELECT count(*) FROM cascading), (SELECT count(*) FROM coded),"
                      " (SELECT count(parent) || ' of ' || count(*) FROM nulled)") == "0|0|0 of 6");

  const auto status = mirror.status();
  CHECK(status.at("state") == "streaming");
  CHECK(status.at("error").is_null());
  for (const auto& table : status.at("tables")) CHECK(table.at("name") != "parent");
  CHECK(mirror.server("SELECT to_regclass('parent') IS NULL") == "t");

  mirror.run(
      "CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT);"
      "INSERT INTO parent VALUES(0, 'zero', 'somebody'), (7, 'g', 'Gus');"
      "INSERT INTO cascading VALUES(1, 7)");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(id || code, ' ' ORDER BY id) FROM parent") == "0zero 7g");
}

TEST_CASE("case 17: SET rowid, under all its names and on all kinds of keys") {
  Mirror mirror(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TABLE doc(id TEXT PRIMARY KEY, title TEXT);"
      "INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');"
      "INSERT INTO doc(rowid, id, title) VALUES(1, 'a', 'A'), (2, 'b', 'B'), (3, 'c', 'C')");
  mirror.start();
  check_steps(mirror, {"UPDATE item SET rowid = 11 WHERE id = 1",
                       "UPDATE item SET _rowid_ = 12, name = 'B' WHERE rowid = 2",
                       "UPDATE OR REPLACE item SET oid = 4 WHERE id = 3",
                       {"UPDATE item SET rowid = 4 WHERE id = 11", "UNIQUE constraint failed: item.id"},
                       "UPDATE doc SET rowid = 9 WHERE id = 'a'",
                       "UPDATE OR REPLACE doc SET rowid = 2 WHERE id = 'c'",
                       "UPDATE doc SET rowid = rowid + 1, id = upper(id)"});
  CHECK(mirror.server("SELECT string_agg(id || name, ' ' ORDER BY id) FROM item") == "4c 11a 12B");
  CHECK(mirror.server("SELECT string_agg(id, ' ' ORDER BY id) FROM doc") == "A C");
}

TEST_CASE("case 17: keys that change places") {
  Mirror mirror(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE tag(name TEXT PRIMARY KEY, n INTEGER);"
      "CREATE TABLE seat(row TEXT, number INTEGER, guest TEXT, PRIMARY KEY(row, number)) WITHOUT ROWID;"
      "INSERT INTO item VALUES(1, 'one'), (2, 'two'), (3, 'three');"
      "INSERT INTO tag VALUES('a', 1), ('b', 2);"
      "INSERT INTO seat VALUES('A', 1, 'Ann'), ('B', 2, 'Ben')");
  mirror.start();
  check_steps(mirror,
              {("BEGIN; UPDATE item SET id = -1 WHERE id = 1; UPDATE item SET id = 1 WHERE id = 2;"
                "UPDATE item SET id = 2 WHERE id = -1; COMMIT"),
               ("UPDATE tag SET name = 'tmp' WHERE name = 'a'; UPDATE tag SET name = 'a' WHERE name = 'b';"
                "UPDATE tag SET name = 'b' WHERE name = 'tmp'"),
               ("BEGIN; UPDATE seat SET row = 'x' WHERE guest = 'Ann';"
                "UPDATE seat SET row = 'A', number = 1 WHERE guest = 'Ben';"
                "UPDATE seat SET row = 'B', number = 2 WHERE guest = 'Ann'; COMMIT"),
               ("BEGIN; DELETE FROM item WHERE id = 1; UPDATE item SET id = 1 WHERE id = 2;"
                "INSERT INTO item VALUES(2, 'zwei'); COMMIT"),
               "UPDATE item SET id = 0 - id; UPDATE item SET id = 4 + id"});
  CHECK(mirror.server("SELECT string_agg(id || name, ' ' ORDER BY id) FROM item") == "1three 2zwei 3one");
  CHECK(mirror.server("SELECT string_agg(row || number || guest, ' ' ORDER BY row) FROM seat") ==
        "A1Ben B2Ann");
}

TEST_CASE("case 17: a chain of keys, each taking its neighbour's place") {
  Mirror mirror(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE falling(id INTEGER, name TEXT, PRIMARY KEY(id DESC)) WITHOUT ROWID;"
      "CREATE TABLE seat(row TEXT, number INTEGER, guest TEXT UNIQUE, PRIMARY KEY(row, number));"
      "INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (6, 'f');"
      "INSERT INTO falling SELECT * FROM item;"
      "INSERT INTO seat SELECT 'A', id, name FROM item");
  mirror.start();
  check_steps(mirror, {"UPDATE item SET id = id - 1",
                       "UPDATE falling SET id = id + 1",
                       "UPDATE seat SET number = number - 1",
                       {"UPDATE item SET id = id + 1", "UNIQUE constraint failed: item.id"},
                       {"UPDATE OR FAIL seat SET number = number + 1",
                        "UNIQUE constraint failed: seat.row, seat.number"},
                       "UPDATE OR IGNORE item SET id = id + 1",
                       "UPDATE OR REPLACE seat SET number = number + 1",
                       "UPDATE OR REPLACE item SET id = id + 1"});
  CHECK(mirror.server("SELECT string_agg(id || name, ' ' ORDER BY id) FROM falling") == "2a 3b 4c 5d 7f");
  CHECK(mirror.server("SELECT count(*) FROM item") == mirror.source.rows("SELECT count(*) FROM item"));
}

}  // namespace sluice::e2e
