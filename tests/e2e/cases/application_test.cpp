// What the application sees of us: nothing. The same statements on a captured file and on one that is not
// give the same answers, whatever the conflict policy and however strict the connection.

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

namespace sluice::e2e {
namespace {

const char* const kSchema =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 5 CHECK(n >= 0),"
    " loud TEXT GENERATED ALWAYS AS (upper(name)));"
    "CREATE UNIQUE INDEX item_lower ON item(lower(name)) WHERE n > 0;"
    "CREATE TABLE word(word TEXT PRIMARY KEY, v TEXT);"
    "CREATE TABLE pair(a INTEGER, b INTEGER, v TEXT UNIQUE, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "CREATE TABLE child(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item(id) ON DELETE CASCADE);"
    "CREATE TABLE trail(id INTEGER PRIMARY KEY, what TEXT);"
    "CREATE TRIGGER item_trail AFTER UPDATE ON item BEGIN INSERT INTO trail(what) VALUES(NEW.name); END;"
    "INSERT INTO item(id, name) VALUES(1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO word VALUES('w', '1'), ('x', "
    "'2');"
    "INSERT INTO pair VALUES(1, 1, 'p'), (1, 2, 'q'); INSERT INTO child VALUES(1, 1), (2, 2)";

/// Everything that the C interface tells about a statement: its rows, the error, changes, the last row's
/// number.
std::string answer(SQLite::Database& database, const std::string& sql) {
  sqlite3* const handle = database.getHandle();
  std::string text;
  try {
    SQLite::Statement statement(database, sql);
    while (statement.executeStep()) {
      for (int i = 0; i < statement.getColumnCount(); ++i)
        text += support::to_text(statement.getColumn(i)) + "|";
      text += "; ";
    }
  } catch (const SQLite::Exception& refused) {
    text += refused.what() + std::string(" ") + std::to_string(sqlite3_extended_errcode(handle));
  }
  return text + " changes " + std::to_string(sqlite3_changes(handle)) + " last " +
         std::to_string(sqlite3_last_insert_rowid(handle)) +
         (sqlite3_get_autocommit(handle) != 0 ? "" : " in a transaction");
}

/// Two files with the same rows, one of them captured.
struct Twins {
  explicit Twins(const std::string& schema = kSchema) : mirror(schema) {
    twin.exec(schema);
    mirror.start();
  }

  /// Runs a statement on both, which has to give the same answer.
  void same(const std::string& sql) {
    CAPTURE(sql);
    CHECK(answer(mirror.source.database(), sql) == answer(twin.database(), sql));
  }

  void same_rows() {
    for (const std::string table : {"item", "word", "pair", "child", "trail"}) {
      const std::string rows = "SELECT * FROM " + table;
      CHECK(mirror.source.rows(rows) == twin.rows(rows));
    }
    CHECK(mirror.differences() == "");
  }

  Mirror mirror;
  support::SqliteFile twin;
};

const char* const kPolicies[] = {"", "OR ABORT", "OR FAIL", "OR ROLLBACK", "OR IGNORE", "OR REPLACE"};

/// Statements under one conflict policy, some of which conflict at once, half-way or not at all.
std::vector<std::string> statements_under(const std::string& policy) {
  const std::string insert = "INSERT " + policy + " INTO ";
  const std::string update = "UPDATE " + policy + " ";
  return {insert + "item(name) VALUES('new')",
          insert + "item(name) VALUES('d'), ('A'), ('e')",
          insert + "item(id, name, n) VALUES(1, 'one', NULL)",
          insert + "item(name, n) VALUES('f', 1), ('g', -1), ('h', 1)",
          insert + "word VALUES('w', '3'), ('y', '4')",
          insert + "word(rowid, word) VALUES(1, 'first')",
          insert + "pair VALUES(2, 2, 'new'), (1, 3, 'p'), (1, 1, 'r')",
          insert + "child VALUES(7, 2)",
          update + "item SET name = 'b' WHERE id = 1",
          update + "item SET id = id + 1",
          update + "item SET n = n - 3",
          update + "word SET word = 'x'",
          update + "word SET rowid = 2 WHERE rowid = 1",
          update + "pair SET b = b + 1",
          update + "pair SET v = 'p'",
          "DELETE FROM item WHERE n < 5",
          "DELETE FROM pair"};
}

/// As strict as a careful application makes its connection.
void harden(SQLite::Database& database) {
  for (const int option : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_ENABLE_FKEY}) {
    REQUIRE(sqlite3_db_config(database.getHandle(), option, 1, nullptr) == SQLITE_OK);
  }
  for (const int option :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL}) {
    REQUIRE(sqlite3_db_config(database.getHandle(), option, 0, nullptr) == SQLITE_OK);
  }
}

std::string driver_answers(const std::filesystem::path& file) {
  const auto script = std::filesystem::path(__FILE__).parent_path() / "driver_answers.py";
  const auto outcome = support::run({.arguments = {"/usr/bin/python3", script.string(), file.string()}});
  CAPTURE(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("case 10: statements under every conflict policy give the same answers as without us") {
  Twins twins;
  bool foreign_keys = false;
  SUBCASE("foreign keys off") {
  }
  SUBCASE("foreign keys on") {
    foreign_keys = true;
  }
  twins.same("PRAGMA foreign_keys = " + std::to_string(static_cast<int>(foreign_keys)));
  for (const std::string policy : kPolicies) {
    for (const std::string begin : {"BEGIN", "SAVEPOINT s"}) {
      for (const auto& sql : statements_under(policy)) {
        twins.same(begin);
        twins.same("INSERT INTO trail(what) VALUES('before')");
        twins.same(sql);
        if (sqlite3_get_autocommit(twins.twin.database().getHandle()) == 0) twins.same("ROLLBACK");
      }
    }
    for (const auto& sql : statements_under(policy)) twins.same(sql);
    twins.same_rows();
    twins.same("INSERT OR IGNORE INTO item(id, name) VALUES(1, 'a'), (2, 'b'), (3, 'c')");
    twins.same("INSERT OR IGNORE INTO pair VALUES(1, 1, 'p'), (1, 2, 'q')");
  }
}

TEST_CASE("case 10: a foreign key refuses a row as without us, and last_insert_rowid as with any trigger") {
  const std::string with_trigger =
      std::string(kSchema) + "; CREATE TRIGGER child_new AFTER INSERT ON child BEGIN SELECT 1; END";
  Mirror mirror(kSchema);
  support::SqliteFile twin;
  twin.exec(with_trigger);
  mirror.start();
  for (const std::string policy : kPolicies) {
    for (const std::string& sql :
         {std::string("PRAGMA foreign_keys = ON"), "INSERT " + policy + " INTO child VALUES(7, 99)",
          "UPDATE " + policy + " child SET item = 99", std::string("DELETE FROM item WHERE id = 1")}) {
      CAPTURE(sql);
      CHECK(answer(mirror.source.database(), sql) == answer(twin.database(), sql));
    }
  }
  CHECK(mirror.source.rows("SELECT * FROM child") == twin.rows("SELECT * FROM child"));
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 30: changes, last_insert_rowid and RETURNING are as without us") {
  Twins twins;
  for (const std::string sql :
       {"INSERT INTO item(name) VALUES('d') RETURNING id, name, n, loud",
        "INSERT INTO item(name) VALUES('e'), ('f') RETURNING id",
        "INSERT INTO item(name) SELECT 'g' || id FROM item RETURNING id, name",
        "INSERT OR REPLACE INTO item(id, name) VALUES(40, 'a') RETURNING *",
        "INSERT OR IGNORE INTO item(name) VALUES('b'), ('h') RETURNING name",
        "INSERT INTO item(name) VALUES('b') ON CONFLICT(name) DO UPDATE SET n = n + 1 RETURNING name, n",
        "INSERT INTO item(name) VALUES('b') ON CONFLICT DO NOTHING RETURNING name",
        "SELECT changes(), last_insert_rowid()",
        "UPDATE item SET n = n + 1 WHERE id > 2 RETURNING id, n",
        "UPDATE OR REPLACE item SET name = 'b' WHERE id = 3 RETURNING id, name",
        "UPDATE item SET n = 1 WHERE id = -1 RETURNING id",
        "UPDATE item SET n = (SELECT count(*) FROM word)",
        "SELECT changes(), last_insert_rowid()",
        "INSERT INTO word VALUES('z', '') RETURNING rowid, word",
        "REPLACE INTO word VALUES('z', '!') RETURNING rowid, v",
        "INSERT INTO pair VALUES(9, 9, '') RETURNING a, b",
        "SELECT last_insert_rowid()",
        "DELETE FROM item WHERE id > 5 RETURNING id, name",
        "SELECT changes()",
        "DELETE FROM pair",
        "SELECT changes()",
        "SELECT last_insert_rowid()"}) {
    twins.same(sql);
  }
  twins.same_rows();
}

TEST_CASE("case 30: total_changes counts our entries as well, and nothing else") {
  Twins twins;
  const auto total = [](support::SqliteFile& file) {
    return sqlite3_total_changes(file.database().getHandle());
  };
  const auto entries = [&] {
    return twins.mirror.source.database().execAndGet("SELECT max(seq) FROM _sluice_changelog").getInt();
  };
  const int before = total(twins.mirror.source) - total(twins.twin) - entries();
  for (const std::string sql : {"INSERT INTO item(name) VALUES('d'), ('e')", "UPDATE item SET id = id + 100",
                                "REPLACE INTO word VALUES('w', ''), ('v', '')", "DELETE FROM pair"}) {
    twins.same(sql);
    CHECK(total(twins.mirror.source) - total(twins.twin) - entries() == before);
  }
}

TEST_CASE("case 30: Python's sqlite3 module gives the same answers") {
  Twins twins;
  const std::string answers = driver_answers(twins.mirror.source.path());
  CHECK(answers == driver_answers(twins.twin.path()));
  CHECK(answers.find("\"rowcount\": 20") != std::string::npos);
  twins.same_rows();
}

TEST_CASE("case 31: a connection with trusted_schema off, defensive and without double-quoted strings") {
  Twins twins;
  harden(twins.mirror.source.database());
  harden(twins.twin.database());
  REQUIRE(twins.mirror.attempt("SELECT \"no such column\"") == "no such column: no such column");
  for (const std::string policy : kPolicies) {
    for (const auto& sql : statements_under(policy)) twins.same(sql);
    twins.same_rows();
    twins.same("INSERT OR IGNORE INTO item(id, name) VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  }
}

TEST_CASE("case 31: double-quoted strings in the schema, and a connection that knows none") {
  const std::string schema =
      "CREATE TABLE job(id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT \"open\", owner TEXT);"
      "CREATE UNIQUE INDEX job_open ON job(owner) WHERE state = \"open\";"
      "CREATE UNIQUE INDEX job_label ON job(owner || \"/\" || \"id\");"
      "INSERT INTO job(id, owner) VALUES(1, 'ann'), (2, 'ben')";
  Mirror mirror(schema);
  support::SqliteFile twin;
  twin.exec(schema);
  mirror.start();
  harden(mirror.source.database());
  harden(twin.database());
  for (const std::string sql :
       {"INSERT OR REPLACE INTO job(id, owner) VALUES(3, 'ann')",
        "UPDATE OR REPLACE job SET owner = 'ann' WHERE id = 2", "INSERT INTO job(owner) VALUES('cid')",
        "UPDATE job SET state = 'done' WHERE owner = 'cid'", "DELETE FROM job WHERE id = 1"}) {
    CAPTURE(sql);
    CHECK(answer(mirror.source.database(), sql) == answer(twin.database(), sql));
  }
  CHECK(mirror.differences() == "");
}

TEST_CASE(
    "case 31: what a connection without triggers writes arrives with the next captured write of its row") {
  Mirror mirror(kSchema);
  mirror.start();
  auto silent = connect(mirror.source.path(), 5000);
  REQUIRE(sqlite3_db_config(silent.getHandle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr) == SQLITE_OK);
  silent.exec(
      "UPDATE item SET n = 50 WHERE id = 1; INSERT INTO item(id, name) VALUES(8, 'unseen');"
      "DELETE FROM item WHERE id = 3");
  REQUIRE(mirror.differences() != "");
  mirror.run("UPDATE item SET n = n WHERE id IN (1, 8); REPLACE INTO item(id, name) VALUES(3, 'back')");
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
