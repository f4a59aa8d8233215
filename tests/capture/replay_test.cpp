#include <doctest/doctest.h>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

struct Case {
  const char* name;
  const char* schema;
  std::vector<const char*> statements;
};

const Case kCases[] = {
    {"replace through a unique index",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, v)",
     {"INSERT INTO t VALUES(1,'a',1),(2,'b',2)", "INSERT OR REPLACE INTO t VALUES(3,'a',3)",
      "UPDATE OR REPLACE t SET u = 'b' WHERE id = 3", "UPDATE OR REPLACE t SET id = 9 WHERE id = 3"}},
    {"replace declared by the table",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE, v NOT NULL ON CONFLICT REPLACE "
     "DEFAULT 7 UNIQUE)",
     {"INSERT INTO t VALUES(1,'a',7),(2,'b',2)", "INSERT INTO t VALUES(3,'b',3)",
      "INSERT OR REPLACE INTO t VALUES(4,'d',NULL)"}},
    {"upsert in every form",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, v)",
     {"INSERT INTO t VALUES(1,'a',1)",
      "INSERT INTO t VALUES(2,'a',5) ON CONFLICT(u) DO UPDATE SET v = excluded.v",
      "INSERT INTO t VALUES(3,'a',5) ON CONFLICT DO NOTHING",
      "INSERT OR IGNORE INTO t VALUES(1,'z',5),(4,'d',5)",
      "INSERT INTO t VALUES(1,'q',6) ON CONFLICT(id) DO UPDATE SET id = 8"}},
    {"foreign-key actions",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE ON UPDATE CASCADE);"
     "CREATE TABLE n(id INTEGER PRIMARY KEY, p DEFAULT 5 REFERENCES p(id) ON DELETE SET NULL ON UPDATE SET "
     "DEFAULT)",
     {"INSERT INTO p VALUES(1,'a'),(2,'b'),(5,'e')", "INSERT INTO c VALUES(1,1),(2,2)",
      "INSERT INTO n VALUES(1,1),(2,2)", "UPDATE p SET id = 7 WHERE id = 1", "REPLACE INTO p VALUES(8,'b')",
      "DELETE FROM p WHERE id = 7"}},
    {"a cascade into the same table",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES t(id) ON UPDATE CASCADE, v)",
     {"INSERT INTO t VALUES(1,1,'x')", "UPDATE t SET id = 9 WHERE id = 1"}},
    {"changed keys",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, v)",
     {"INSERT INTO t VALUES(1,'a'),(2,'b'),(3,'c')", "UPDATE t SET id = id + 10",
      "UPDATE t SET rowid = 5 WHERE id = 11"}},
    {"without rowid, composite",
     "CREATE TABLE t(a TEXT, b INT, u UNIQUE, PRIMARY KEY(a, b)) WITHOUT ROWID",
     {"INSERT INTO t VALUES('x',1,'u'),('x',2,'v')", "REPLACE INTO t VALUES('y',1,'u')",
      "UPDATE OR REPLACE t SET u = 'v' WHERE a = 'y'", "UPDATE t SET b = 5"}},
    {"a key that ignores case",
     "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v)",
     {"INSERT INTO t VALUES('abc',1),('d',2)", "REPLACE INTO t VALUES('ABC',2)",
      "UPDATE t SET id = 'aBc' WHERE v = 2 AND id = 'abc'",
      "UPDATE OR REPLACE t SET id = 'D' WHERE id = 'aBc'"}},
    {"a hidden rowid",
     "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, v)",
     {"INSERT INTO t(rowid,id,v) VALUES(1,'a',1),(2,'b',2)", "REPLACE INTO t(rowid,id,v) VALUES(1,'c',3)",
      "UPDATE OR REPLACE t SET rowid = 2 WHERE id = 'c'"}},
    {"partial and expression indexes",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE UNIQUE INDEX i ON t(lower(a)) WHERE b > 0;"
     "CREATE UNIQUE INDEX j ON t(a || '-' || b DESC)",
     {"INSERT INTO t VALUES(1,'x',1),(2,'y',2),(3,'X',0)", "REPLACE INTO t VALUES(4,'X',5)",
      "UPDATE OR REPLACE t SET b = 9 WHERE id = 3", "REPLACE INTO t VALUES(7,'y',2)"}},
    {"generated columns",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, g AS (a + b) UNIQUE, s AS (a || b) STORED UNIQUE)",
     {"INSERT INTO t(id,a,b) VALUES(1,1,2),(2,5,5)", "REPLACE INTO t(id,a,b) VALUES(3,2,1)",
      "UPDATE OR REPLACE t SET a = 9 WHERE id = 3"}},
    {"names that need quoting",
     "CREATE TABLE \"new\"(\"or\"\"der\" TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, \"rowid\" UNIQUE, "
     "\"@src@\" UNIQUE);"
     "CREATE TABLE \"old\"(\"a b\" TEXT PRIMARY KEY NOT NULL, \"select\" UNIQUE)",
     {"INSERT INTO \"new\" VALUES('a',1,1),('b',2,2)", "REPLACE INTO \"new\" VALUES('A',2,3)",
      "REPLACE INTO \"new\" VALUES('z',9,3)", "INSERT INTO \"old\" VALUES('a',1),('b',2)",
      "REPLACE INTO \"old\" VALUES('c',1)",
      "UPDATE OR REPLACE \"old\" SET \"select\" = 2 WHERE \"a b\" = 'c'"}},
};

}  // namespace

TEST_CASE("replaying the keys of the changelog gives the source again") {
  for (const auto& example : kCases) {
    for (const char* pragmas : {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode = DELETE",
                                "PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON"}) {
      CAPTURE(example.name);
      CAPTURE(pragmas);
      Sandbox sandbox(example.schema, std::string("PRAGMA foreign_keys = ON; ") + pragmas);
      Follower follower(sandbox.options());
      for (const char* statement : example.statements) {
        CAPTURE(statement);
        sandbox.run(statement);
        CHECK(follower.drain() > 0);
        CHECK(follower.equal());
      }
    }
  }
}

TEST_CASE("the application's own counters are left alone") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)");
  Source(sandbox.options()).install();
  sandbox.run("INSERT INTO t VALUES(41,'a')");
  CHECK(sandbox.app().getLastInsertRowid() == 41);
  CHECK(sandbox.app().getChanges() == 1);
  sandbox.run("INSERT OR REPLACE INTO t VALUES(42,'a')");
  CHECK(sandbox.app().getLastInsertRowid() == 42);
  CHECK(sandbox.app().getChanges() == 1);
  CHECK(sandbox.number("INSERT INTO t(u) VALUES('b') RETURNING id") == 43);
}

TEST_CASE("a column of a dropped unique index can be dropped, and writing goes on") {
  for (const char* legacy : {"PRAGMA legacy_alter_table = OFF", "PRAGMA legacy_alter_table = ON"}) {
    CAPTURE(legacy);
    Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE UNIQUE INDEX i ON t(a)");
    Source source(sandbox.options());
    source.install();
    sandbox.run(legacy);
    sandbox.run("DROP INDEX i; ALTER TABLE t DROP COLUMN a; INSERT INTO t VALUES(1,2); UPDATE t SET b = 3");
    source.install();
    sandbox.run("INSERT INTO t VALUES(2,2)");
    CHECK(source.missing().empty());
  }
}

}  // namespace sluice::capture
