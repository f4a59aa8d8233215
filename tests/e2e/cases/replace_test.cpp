// Rows that a statement replaces without any delete trigger being fired, and the other conflict policies.

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/e2e/cases/steps.h"

namespace sluice::e2e {
namespace {

/// What Postgres has to answer in the end, so that a comparison of empty tables would be noticed.
struct Fact {
  std::string query;
  std::string answer;
};

void check_steps(const std::string& recursive_triggers, const std::string& schema, const Steps& steps,
                 const Fact& fact) {
  CAPTURE(recursive_triggers);
  Mirror mirror(schema);
  mirror.start();
  mirror.run("PRAGMA recursive_triggers = " + recursive_triggers);
  check_steps(mirror, steps);
  CHECK(mirror.server(fact.query) == fact.answer);
}

/// Replaced rows fire delete triggers with recursive_triggers on, and none with it off.
void check_either_way(const std::string& schema, const Steps& steps, const Fact& fact) {
  check_steps("OFF", schema, steps, fact);
  check_steps("ON", schema, steps, fact);
}

constexpr const char* kUsers =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE, phone TEXT UNIQUE, name TEXT);"
    "INSERT INTO users VALUES(1, 'a@x', '11', 'Ann'), (2, 'b@x', '22', 'Ben'), (3, 'c@x', '33', 'Cid'),"
    "  (4, 'd@x', '44', 'Dan'), (5, NULL, NULL, 'Eve')";
constexpr const char* kNames = "SELECT string_agg(id || ' ' || name, ', ' ORDER BY id) FROM users";

void check_replacing_inserts(const std::string& recursive_triggers) {
  check_steps(recursive_triggers, kUsers,
              {"INSERT OR REPLACE INTO users VALUES(6, 'a@x', '66', 'by email')",
               "REPLACE INTO users VALUES(7, 'b@x', '33', 'by email and phone')",
               "REPLACE INTO users VALUES(6, 'a@x', '66', 'by the same key')",
               "REPLACE INTO users(email, name) VALUES('d@x', 'by an automatic key')",
               "REPLACE INTO users SELECT id + 10, email, phone, name FROM users WHERE email > 'a@x'",
               "INSERT OR REPLACE INTO users VALUES(20, 'z@x', '77', 'one'), (21, 'z@x', '88', 'two')"},
              {kNames, "5 Eve, 6 by the same key, 17 by email and phone, 18 by an automatic key, 21 two"});
}

}  // namespace

TEST_CASE("case 1: INSERT OR REPLACE through a secondary index, recursive_triggers off") {
  check_replacing_inserts("OFF");
}

TEST_CASE("case 2: INSERT OR REPLACE through a secondary index, recursive_triggers on") {
  check_replacing_inserts("ON");
}

TEST_CASE("case 3: UPDATE OR REPLACE on a secondary index and on the key") {
  check_either_way(kUsers,
                   {"UPDATE OR REPLACE users SET email = 'b@x' WHERE id = 1",
                    "UPDATE OR REPLACE users SET id = 3 WHERE id = 1",
                    "UPDATE OR REPLACE users SET id = 5, phone = '44' WHERE id = 3",
                    "INSERT INTO users VALUES(6, 'f@x', '66', 'Fay'), (7, 'g@x', '77', 'Gus')",
                    "UPDATE OR REPLACE users SET phone = 'the same' WHERE id IN (5, 6)",
                    "UPDATE OR REPLACE users SET id = id + 1"},
                   {kNames, "8 Fay"});
}

TEST_CASE("case 3: UPDATE OR REPLACE on the keys of other kinds of tables") {
  check_either_way(
      "CREATE TABLE tag(name TEXT PRIMARY KEY, n INTEGER);"
      "CREATE TABLE seat(row TEXT, number INTEGER, guest TEXT UNIQUE, PRIMARY KEY(row, number))"
      "  WITHOUT ROWID;"
      "INSERT INTO tag VALUES('a', 1), ('b', 2), ('c', 3);"
      "INSERT INTO seat VALUES('A', 1, 'Ann'), ('A', 2, 'Ben'), ('B', 1, 'Cid'), ('B', 2, NULL)",
      {"UPDATE OR REPLACE tag SET name = 'b' WHERE name = 'a'", "UPDATE OR REPLACE tag SET name = 'all'",
       "UPDATE OR REPLACE seat SET number = 2 WHERE row = 'A' AND number = 1",
       "UPDATE OR REPLACE seat SET guest = 'Cid', row = 'C' WHERE guest = 'Ann'",
       "UPDATE OR REPLACE seat SET row = 'B', number = 2 WHERE row = 'C'"},
      {("SELECT (SELECT string_agg(name, ',') FROM tag),"
        " (SELECT string_agg(row || number || guest, ',') FROM seat)"),
       "all|B2Cid"});
}

TEST_CASE("case 4: ON CONFLICT REPLACE in the table, with plain statements") {
  check_either_way(
      "CREATE TABLE users(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, email TEXT UNIQUE ON CONFLICT REPLACE,"
      "  first TEXT, last TEXT, name TEXT, UNIQUE(first, last) ON CONFLICT REPLACE);"
      "INSERT INTO users VALUES(1, 'a@x', 'A', 'Z', 'Ann'), (2, 'b@x', 'B', 'Z', 'Ben'),"
      "  (3, 'c@x', 'C', 'Z', 'Cid'), (4, 'd@x', 'D', 'Z', 'Dan')",
      {"INSERT INTO users VALUES(5, 'a@x', 'E', 'Z', 'by email')",
       "INSERT INTO users VALUES(6, 'b@x', 'C', 'Z', 'by email and names')",
       "INSERT INTO users VALUES(6, 'f@x', 'F', 'Z', 'by key')",
       "UPDATE users SET email = 'f@x' WHERE id = 4",
       "UPDATE users SET id = 5 WHERE id = 4",
       "INSERT INTO users VALUES(7, 'g@x', 'D', 'Y', 'Gus'), (8, 'h@x', 'D', 'Y', 'Hal')",
       "UPDATE users SET last = 'Y' WHERE id = 5",
       {"INSERT OR ABORT INTO users VALUES(5, 'x@x', 'X', 'X', 'refused')",
        "UNIQUE constraint failed: users.id"}},
      {kNames, "5 Dan"});
}

TEST_CASE("case 5: REPLACE by explicit rowid on a table with a TEXT key") {
  check_either_way(
      "CREATE TABLE doc(id TEXT PRIMARY KEY, title TEXT);"
      "CREATE TABLE cell(x INTEGER, y INTEGER, oid TEXT, PRIMARY KEY(x, y));"
      "INSERT INTO doc(rowid, id, title) VALUES(1, 'a', 'A'), (2, 'b', 'B'), (3, 'c', 'C');"
      "INSERT INTO cell(rowid, x, y, oid) VALUES(1, 1, 1, 'one'), (2, 1, 2, 'two')",
      {"REPLACE INTO doc(rowid, id, title) VALUES(1, 'd', 'D')",
       "REPLACE INTO doc(_rowid_, id, title) VALUES(2, 'c', 'both b and c')",
       "UPDATE OR REPLACE doc SET oid = 2 WHERE id = 'd'",
       "INSERT OR REPLACE INTO doc(oid, id, title) VALUES(-1, 'e', 'E'), (-1, 'f', 'F')",
       "REPLACE INTO cell(rowid, x, y, oid) VALUES(1, 2, 2, 'not the rowid')",
       "UPDATE OR REPLACE cell SET rowid = 1, oid = 'nor this' WHERE x = 1"},
      {"SELECT (SELECT string_agg(id, ',' ORDER BY id) FROM doc), (SELECT max(oid) FROM cell)",
       "d,f|nor this"});
}

TEST_CASE("case 6: a key without regard to case, replaced in another case") {
  check_either_way(
      "CREATE TABLE word(word TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER);"
      "CREATE TABLE name(name TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER) WITHOUT ROWID;"
      "CREATE TABLE padded(a TEXT COLLATE RTRIM, b INTEGER, n INTEGER, PRIMARY KEY(a, b));"
      "INSERT INTO word VALUES('abc', 1), ('def', 2), ('ghi', 3);"
      "INSERT INTO name SELECT * FROM word;"
      "INSERT INTO padded VALUES('a', 1, 1), ('a', 2, 2)",
      {"REPLACE INTO word VALUES('ABC', 10)", "UPDATE word SET word = upper(word) WHERE word = 'def'",
       "UPDATE OR REPLACE word SET word = 'abC' WHERE word = 'ghi'",
       "REPLACE INTO word VALUES('x', 1), ('X', 2)", "REPLACE INTO name VALUES('ABC', 10), ('aBc', 11)",
       "UPDATE OR REPLACE name SET name = 'DEF' WHERE name = 'ABC'",
       "INSERT INTO name VALUES('GHI', 0) ON CONFLICT DO UPDATE SET name = excluded.name",
       "REPLACE INTO padded VALUES('a  ', 1, 10)",
       "UPDATE OR REPLACE padded SET a = 'a ', b = 2 WHERE b = 1"},
      {("SELECT (SELECT string_agg(word || n, ',' ORDER BY n, word) FROM word),"
        " (SELECT string_agg(name || n, ',' ORDER BY n) FROM name),"
        " (SELECT string_agg(concat('[', a, ']', b, n), ',') FROM padded)"),
       "DEF2,X2,abC3|GHI3,DEF11|[a ]210"});
}

TEST_CASE("case 7: REPLACE with NULL, where the default meets another row of a unique column") {
  check_either_way(
      "CREATE TABLE lot(id INTEGER PRIMARY KEY, code TEXT NOT NULL DEFAULT 'none' UNIQUE,"
      "  place INTEGER NOT NULL DEFAULT (1 + 1), floor INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT -1,"
      "  UNIQUE(place, floor));"
      "INSERT INTO lot VALUES(1, 'none', 7, 7), (2, 'b', 2, -1), (3, 'c', 3, 3), (4, 'd', 4, 4)",
      {"INSERT OR REPLACE INTO lot VALUES(5, NULL, 5, 5)",
       "REPLACE INTO lot VALUES(6, 'f', NULL, NULL)",
       "UPDATE OR REPLACE lot SET code = NULL WHERE id = 3",
       "UPDATE OR REPLACE lot SET place = NULL, floor = NULL WHERE id = 4",
       "REPLACE INTO lot VALUES(8, NULL, NULL, NULL)",
       "REPLACE INTO lot VALUES(9, NULL, 9, 9), (10, NULL, 10, 10)",
       {"INSERT INTO lot VALUES(11, NULL, 1, 1)", "NOT NULL constraint failed: lot.code"}},
      {"SELECT string_agg(id || code || place || floor, ',') FROM lot", "10none1010"});
}

TEST_CASE("case 7: REPLACE with NULL, where the default becomes the key") {
  check_either_way(
      "CREATE TABLE doc(id TEXT NOT NULL DEFAULT 'new' PRIMARY KEY, title TEXT);"
      "CREATE TABLE cell(x INTEGER NOT NULL DEFAULT 0, y INTEGER NOT NULL DEFAULT (2 * 3), n INTEGER,"
      "  PRIMARY KEY(x, y)) WITHOUT ROWID;"
      "INSERT INTO doc VALUES('new', 'first'), ('a', 'A'), ('b', 'B');"
      "INSERT INTO cell VALUES(0, 6, 1), (1, 6, 2), (2, 2, 3)",
      {"REPLACE INTO doc VALUES(NULL, 'second')", "UPDATE OR REPLACE doc SET id = NULL WHERE id = 'a'",
       "UPDATE OR REPLACE doc SET id = NULL", "REPLACE INTO cell VALUES(NULL, NULL, 4)",
       "UPDATE OR REPLACE cell SET x = NULL WHERE n = 2",
       "UPDATE OR REPLACE cell SET x = NULL, y = NULL WHERE n = 3"},
      {("SELECT (SELECT string_agg(id || title, ',') FROM doc), (SELECT string_agg(concat(x, y, n), ',') "
        "FROM "
        "cell)"),
       "newB|063"});
}

TEST_CASE("case 7: REPLACE with NULL, where the default is another one each time") {
  check_either_way(
      "CREATE TABLE doc(id TEXT NOT NULL DEFAULT (hex(randomblob(8))) PRIMARY KEY, title TEXT);"
      "INSERT INTO doc(title) VALUES('A'), ('B')",
      {"REPLACE INTO doc VALUES(NULL, 'C')",
       "UPDATE OR REPLACE doc SET id = NULL, title = 'renamed' WHERE title = 'A'"},
      {"SELECT string_agg(title, ',' ORDER BY title) FROM doc", "B,C,renamed"});
}

TEST_CASE("case 8: composite unique indexes, and NULLs in them") {
  check_either_way(
      "CREATE TABLE seat(id INTEGER PRIMARY KEY, row TEXT, number INTEGER, guest TEXT COLLATE NOCASE);"
      "CREATE UNIQUE INDEX place ON seat(row, number);"
      "CREATE UNIQUE INDEX guest ON seat(guest, number DESC);"
      "INSERT INTO seat VALUES(1, 'A', 1, 'Ann'), (2, 'A', 2, 'Ben'), (3, 'A', NULL, 'Ann'),"
      "  (4, NULL, 2, NULL)",
      {"REPLACE INTO seat VALUES(5, 'A', 1, 'Cid')", "REPLACE INTO seat VALUES(6, 'A', NULL, 'ANN')",
       "REPLACE INTO seat VALUES(7, NULL, 2, 'BEN')", "REPLACE INTO seat VALUES(8, NULL, NULL, NULL)",
       "UPDATE OR REPLACE seat SET row = 'A', number = 1 WHERE id = 4",
       "UPDATE OR REPLACE seat SET number = 2 WHERE id IN (6, 8)",
       "UPDATE OR REPLACE seat SET number = NULL, row = NULL"},
      {"SELECT string_agg(id::text, ',' ORDER BY id) FROM seat", "3,4,6,7,8"});
}

TEST_CASE("case 8: partial unique indexes") {
  check_either_way(
      "CREATE TABLE job(id INTEGER PRIMARY KEY, queue TEXT, state TEXT, weight INTEGER NOT NULL DEFAULT 9);"
      "CREATE UNIQUE INDEX running ON job(queue) WHERE state = 'running' AND weight > 0;"
      "INSERT INTO job VALUES(1, 'a', 'running', 1), (2, 'a', 'waiting', 1), (3, 'a', 'running', 0),"
      "  (4, 'b', 'running', 1)",
      {"REPLACE INTO job VALUES(5, 'a', 'running', NULL)", "REPLACE INTO job VALUES(6, 'a', 'done', 1)",
       "UPDATE OR REPLACE job SET state = 'running' WHERE id = 2",
       "UPDATE OR REPLACE job SET weight = 5 WHERE id = 3",
       "UPDATE OR REPLACE job SET queue = 'a' WHERE id = 4", "REPLACE INTO job VALUES(7, 'a', 'running', 0)"},
      {"SELECT string_agg(id::text, ',' ORDER BY id) FROM job", "4,6,7"});
}

TEST_CASE("case 8: unique indexes on expressions") {
  check_either_way(
      "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, born INTEGER, name TEXT);"
      "CREATE UNIQUE INDEX email ON users(lower(email), coalesce(born, 0));"
      "CREATE UNIQUE INDEX initials ON users(substr(name, 1, 1) || substr(email, 1, 1)) WHERE born IS NULL;"
      "INSERT INTO users VALUES(1, 'a@x', 1990, 'Ann'), (2, 'b@x', NULL, 'Ben'), (3, 'c@x', NULL, 'Cid')",
      {"REPLACE INTO users VALUES(4, 'A@X', 1990, 'Amy')", "REPLACE INTO users VALUES(5, 'B@x', 0, 'Bea')",
       "REPLACE INTO users VALUES(6, 'cc@x', NULL, 'Cora')",
       "UPDATE OR REPLACE users SET email = 'b@X', born = 0 WHERE id = 4",
       "INSERT INTO users VALUES(7, 'ccc@x', 7, 'Cleo')",
       "UPDATE OR REPLACE users SET born = NULL WHERE id = 7"},
      {kNames, "4 Amy, 7 Cleo"});
}

TEST_CASE("case 8: unique indexes on generated columns, virtual and stored") {
  check_either_way(
      "CREATE TABLE file(id INTEGER PRIMARY KEY, folder TEXT, name TEXT, size INTEGER,"
      "  path TEXT AS (folder || '/' || name) VIRTUAL UNIQUE,"
      "  label TEXT AS (lower(name) || size) STORED UNIQUE);"
      "INSERT INTO file VALUES(1, 'a', 'x', 1), (2, 'a', 'y', 2), (3, 'b', 'X', 3), (4, 'c', NULL, 4)",
      {"REPLACE INTO file VALUES(5, 'a', 'x', 5)", "REPLACE INTO file VALUES(6, 'd', 'Y', 2)",
       "UPDATE OR REPLACE file SET folder = 'a', name = 'x' WHERE id = 6",
       "UPDATE OR REPLACE file SET size = 2 WHERE id = 3",
       "UPDATE OR REPLACE file SET folder = 'b' WHERE id = 4",
       "UPDATE OR REPLACE file SET name = 'X' WHERE id = 4"},
      {"SELECT string_agg(path || ' ' || label, ',') FROM file", "b/X x4"});
}

TEST_CASE("case 9: OR IGNORE, DO NOTHING, DO UPDATE, OR FAIL half-way, mixed in statements of many rows") {
  check_either_way(
      kUsers,
      {"INSERT OR IGNORE INTO users VALUES(6, 'a@x', '66', 'ignored'), (7, 'g@x', '77', 'Gus')",
       "UPDATE OR IGNORE users SET phone = '77' WHERE id <= 3",
       "INSERT INTO users VALUES(8, 'a@x', '88', 'nothing'), (9, 'i@x', '99', 'Ida') ON CONFLICT DO NOTHING",
       ("INSERT INTO users VALUES(1, 'z@x', '10', 'kept'), (10, 'j@x', '10', 'Joe')"
        "  ON CONFLICT(id) DO UPDATE SET name = name || '+', phone = excluded.phone || '0'"),
       ("INSERT INTO users VALUES(11, 'b@x', '111', 'Lea'), (12, 'l@x', '33', 'Max')"
        "  ON CONFLICT(email) DO UPDATE SET id = excluded.id"
        "  ON CONFLICT(phone) DO UPDATE SET email = excluded.email"),
       {"INSERT INTO users VALUES(13, 'a@x', '22', 'both') ON CONFLICT(email) DO UPDATE SET phone = '22'",
        "UNIQUE constraint failed: users.phone"},
       {("INSERT OR FAIL INTO users VALUES(14, 'n@x', '14', 'Nan'), (15, 'a@x', '15', 'no'),"
         "  (16, 'o@x', '16', 'no')"),
        "UNIQUE constraint failed: users.email"},
       {"UPDATE OR FAIL users SET email = 'last' WHERE id > 9", "UNIQUE constraint failed: users.email"},
       {"UPDATE OR FAIL users SET id = id + 1 WHERE id IN (5, 7, 9)", "UNIQUE constraint failed: users.id"},
       "REPLACE INTO users VALUES(5, 'a@x', '5', 'Eva'), (6, 'new', '77', 'Gil'), (7, 'new', NULL, 'Hue')",
       ("BEGIN; INSERT OR IGNORE INTO users VALUES(6, 'f@x', '5', 'no'), (6, 'f@x', '6', 'Fay');"
        "REPLACE INTO users SELECT id, email, '9' || phone, name FROM users WHERE id > 9; COMMIT")},
      {"SELECT string_agg(id || name, ' ' ORDER BY id) FROM users WHERE id < 10",
       "3Cid 4Dan 5Eva 6Fay 7Hue 9Ida"});
}

namespace {

bool in_transaction(support::SqliteFile& file) {
  return sqlite3_get_autocommit(file.database().getHandle()) == 0;
}

/// What an application can see of a statement that it has run.
std::string outcome(support::SqliteFile& file, const std::string& sql) {
  std::string error = "done";
  try {
    file.exec(sql);
  } catch (const SQLite::Exception& refused) {
    error = refused.what();
  }
  return error + (in_transaction(file) ? ", transaction open: " : ": ") +
         file.rows("SELECT changes(), last_insert_rowid()") + '\n' + file.rows("SELECT * FROM users");
}

std::vector<std::string> statements_with(const std::string& policy) {
  const std::string insert = "INSERT OR " + policy + " INTO users";
  const std::string update = "UPDATE OR " + policy + " users SET ";
  return {insert + " VALUES(10, 'j@x', '10', 'Jim'), (11, 'k@x', '11', 'Kim'), (12, 'l@x', '12', 'Lea')",
          insert + "(email, name) VALUES('m@x', 'Max')",
          insert + " VALUES(NULL, 'n@x', NULL, 'Nan')",
          insert + " VALUES(1, 'o@x', '15', 'Ole')",
          insert + " VALUES(16, 'p@x', '16', 'bad')",
          insert + " VALUES(17, 'q@x', '17', 'ANN')",
          insert + " SELECT id + 5, email, phone, name FROM users",
          update + "email = 'z@x'",
          update + "id = id + 1",
          update + "phone = NULL WHERE id = 2",
          update + "name = 'Bea' WHERE id = 2",
          "BEGIN; " + insert + " VALUES(20, 't@x', '20', 'Tom')",
          insert + " VALUES(21, 't@x', '21', 'Uli')",
          update + "name = 'bad'",
          "COMMIT",
          "DELETE FROM users WHERE id > 2",
          "INSERT OR IGNORE INTO users VALUES(1, 'a@x', '11', 'Ann'), (2, 'b@x', '22', 'Ben')"};
}

}  // namespace

TEST_CASE("case 10: statements with OR ABORT, OR FAIL or OR ROLLBACK end as they do without capture") {
  const std::string schema =
      "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE, phone TEXT NOT NULL DEFAULT '0' UNIQUE,"
      "  name TEXT COLLATE NOCASE CHECK(name <> 'bad'));"
      "CREATE UNIQUE INDEX name ON users(lower(name)) WHERE id < 1000;"
      "INSERT INTO users VALUES(1, 'a@x', '11', 'Ann'), (2, 'b@x', '22', 'Ben')";
  Mirror mirror(schema);
  support::SqliteFile twin;
  twin.exec(schema);
  mirror.start();
  for (const char* policy : {"ABORT", "FAIL", "ROLLBACK", "IGNORE", "REPLACE"}) {
    for (const auto& sql : statements_with(policy)) {
      CAPTURE(sql);
      const std::string expected = outcome(twin, sql);
      CHECK(outcome(mirror.source, sql) == expected);
      if (!in_transaction(mirror.source)) CHECK(mirror.differences() == "");
    }
  }
  CHECK(mirror.server("SELECT count(*) FROM users") == twin.rows("SELECT count(*) FROM users"));
}

}  // namespace sluice::e2e
