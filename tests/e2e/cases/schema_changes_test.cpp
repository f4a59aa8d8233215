// An application that changes its schema while it goes on writing, as migrations do.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/e2e/cases/asleep.h"
#include "tests/e2e/cases/load.h"
#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

const std::string kItems =
    "CREATE TABLE items(id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount INTEGER DEFAULT 0,"
    " code TEXT);"
    "CREATE UNIQUE INDEX items_code ON items(code);"
    "CREATE TABLE spare(id INTEGER PRIMARY KEY, name TEXT);"
    "INSERT INTO spare VALUES(1, 'one'), (2, 'two');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    " INSERT INTO items SELECT i, 'l' || i, 'n' || i, i, 'c' || i FROM n;";

/// Writes of every kind that stay valid whatever happens to the columns `amount` and `code`.
std::string writes_to(const std::string& table, int turn) {
  const std::string number = std::to_string(turn);
  return "INSERT OR REPLACE INTO " + table + "(label, name) VALUES('l' || " + number + " * 7 % 60, 'r" +
         number + "'); INSERT INTO " + table + "(name) VALUES('i" + number + "'); UPDATE " + table +
         " SET name = 'u" + number + "' WHERE id % 10 = " + number + " % 10; DELETE FROM " + table +
         " WHERE id = (SELECT min(id) FROM " + table + ");";
}

/// The name that the table has in this very transaction.
std::string name_now(SQLite::Database& database) {
  return database.execAndGet("SELECT name FROM sqlite_schema WHERE name IN ('items', 'things')").getString();
}

std::string writes_to_items(SQLite::Database&, int turn) {
  return writes_to("items", turn);
}

std::string writes_under_any_name(SQLite::Database& database, int turn) {
  return writes_to(name_now(database), turn);
}

std::string writes_to_spare(SQLite::Database& database, int turn) {
  const std::string name =
      database.execAndGet("SELECT name FROM sqlite_schema WHERE name IN ('spare', 'saved')").getString();
  return "INSERT INTO " + name + "(name) VALUES('i" + std::to_string(turn) + "'); UPDATE " + name +
         " SET id = (SELECT max(id) + 1 FROM " + name + ") WHERE id = (SELECT min(id) FROM " + name + ")";
}

constexpr int kTurns = 20;

/// What the application drops and renames follows by itself.
const MirrorOptions kFollowing{.settings = "    schema_changes: mirror\n"};

/// Runs a migration in the midst of another connection's writes. All that SQLite refused, of either.
std::string migrate_under_load(Mirror& mirror, const std::string& migration, const Load::Statements& writes) {
  Load load(mirror.source.path(), writes);
  load.go_on_for(kTurns);
  const std::string refused = mirror.attempt(migration);
  load.go_on_for(kTurns);
  return refused + load.finish();
}

void check_migration(const std::string& migration, const Load::Statements& writes, const std::string& after,
                     const std::vector<std::string>& legacy_alter_table = {"OFF", "ON"}) {
  for (const auto& legacy : legacy_alter_table) {
    CAPTURE(migration);
    CAPTURE(legacy);
    Mirror mirror(kItems, kFollowing);
    mirror.start();
    mirror.run("PRAGMA legacy_alter_table = " + legacy);
    CHECK(migrate_under_load(mirror, migration, writes) == "");
    CHECK(mirror.differences() == "");
    mirror.run(after);
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
  }
}

/// What an owner does who reads the status: the DDL that it names, on the server, then a retry.
void follow_hint(Mirror& mirror) {
  wait_for_state(mirror.daemon, "halted");
  const std::string hint = mirror.status().at("error").at("hint");
  CAPTURE(hint);
  const auto begin = hint.find("ALTER TABLE");
  REQUIRE(begin != std::string::npos);
  mirror.server(hint.substr(begin, hint.find(';', begin) - begin));
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
}

/// How migration tools change what ALTER TABLE can't: a new table takes the place of the old one.
struct Rebuild {
  std::string columns = "id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount INTEGER, code TEXT";
  std::string values = "id, label, name, amount, code";
  std::string where = "true";
  bool old_table_first = false;  ///< the old one is renamed out of the way, instead of the new one into place
};

std::string sql_of(const Rebuild& rebuild) {
  const auto copy = [&](const std::string& from, const std::string& to) {
    return "CREATE TABLE " + to + "(" + rebuild.columns + "); INSERT INTO " + to + " SELECT " +
           rebuild.values + " FROM " + from + " WHERE " + rebuild.where + "; DROP TABLE " + from + ";";
  };
  const std::string statements = rebuild.old_table_first
                                     ? "ALTER TABLE items RENAME TO old_items;" + copy("old_items", "items")
                                     : copy("items", "new_items") + "ALTER TABLE new_items RENAME TO items;";
  return "PRAGMA foreign_keys = OFF; BEGIN; " + statements + " COMMIT;";
}

const std::string kWritesRightAfter =
    "INSERT OR REPLACE INTO items(label, name) VALUES('l50', 'replacing'); DELETE FROM items WHERE id = 60;"
    "UPDATE items SET name = 'after' WHERE id > 90; UPDATE items SET id = 1000 WHERE id = 70;";

void write_right_after(Mirror& mirror, const std::string& who) {
  if (who == "another connection") {
    connect(mirror.source.path(), 5000).exec(kWritesRightAfter);
  } else {
    mirror.run(kWritesRightAfter);
  }
}

void rebuild_and_write(Mirror& mirror, const Rebuild& rebuild, const std::string& who) {
  const Asleep daemon(mirror);
  mirror.run("INSERT INTO items(name) VALUES('before'); DELETE FROM items WHERE id = 80;");
  mirror.run(sql_of(rebuild));
  write_right_after(mirror, who);
}

struct Circumstances {
  std::string legacy_alter_table;
  std::string who;  ///< writes right after it
};
const Circumstances kOrdinary{"OFF", "another connection"};
const Circumstances kLegacy{"ON", "the same connection"};

void check_rebuild(const Rebuild& rebuild, const std::vector<Circumstances>& all = {kOrdinary, kLegacy},
                   const MirrorOptions& options = {}) {
  for (const auto& each : all) {
    CAPTURE(each.legacy_alter_table);
    CAPTURE(each.who);
    Mirror mirror(kItems, options);
    mirror.start();
    mirror.run("PRAGMA legacy_alter_table = " + each.legacy_alter_table);
    rebuild_and_write(mirror, rebuild, each.who);
    CHECK(mirror.differences() == "");
    mirror.run("UPDATE items SET name = 'later' WHERE id < 20; DELETE FROM items WHERE id = 30");
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
  }
}

}  // namespace

TEST_CASE("case 24: ADD COLUMN during load") {
  check_migration("ALTER TABLE items ADD COLUMN note TEXT", writes_to_items,
                  "UPDATE items SET note = 'noted ' || id WHERE id % 2 = 0");
}

TEST_CASE("case 24: ADD COLUMN with a constant default during load") {
  check_migration("ALTER TABLE items ADD COLUMN stock INTEGER NOT NULL DEFAULT 7", writes_to_items,
                  "UPDATE items SET stock = id");
}

TEST_CASE("case 24: DROP COLUMN during load") {
  check_migration("ALTER TABLE items DROP COLUMN amount", writes_to_items,
                  "DELETE FROM items WHERE id % 2 = 0");
}

TEST_CASE("case 24: DROP COLUMN of a formerly unique column during load") {
  check_migration("DROP INDEX items_code; ALTER TABLE items DROP COLUMN code", writes_to_items,
                  "UPDATE items SET name = 'after'");
}

TEST_CASE("case 24: RENAME COLUMN during load") {
  check_migration("ALTER TABLE items RENAME COLUMN amount TO quantity", writes_to_items,
                  "UPDATE items SET quantity = id");
}

TEST_CASE("case 24: RENAME COLUMN of a unique column during load") {
  check_migration("ALTER TABLE items RENAME COLUMN code TO sku", writes_to_items,
                  "INSERT OR REPLACE INTO items(name, sku) VALUES('replacing', 'c99')");
}

TEST_CASE("case 24: CREATE TABLE during load") {
  check_migration(
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO orders VALUES(1, 'first')",
      writes_to_items, "INSERT INTO orders VALUES(2, 'second')");
}

TEST_CASE("case 24: DROP TABLE during load") {
  check_migration("DROP TABLE spare", writes_to_items, "UPDATE items SET name = 'after'");
}

TEST_CASE("case 24: VACUUM during load") {
  check_migration("VACUUM", writes_to_items, "UPDATE items SET name = 'after'");
}

TEST_CASE("case 24: RENAME TO during load") {
  check_migration("ALTER TABLE items RENAME TO things", writes_under_any_name,
                  "INSERT OR REPLACE INTO things(name, code) VALUES('replacing', 'c99')", {"OFF"});
}

TEST_CASE("case 24: RENAME TO during load, a table whose only index is its key") {
  check_migration("ALTER TABLE spare RENAME TO saved", writes_to_spare, "UPDATE saved SET name = 'after'");
}

TEST_CASE("case 24: the old way of RENAME TO leaves writes through a unique index refused for a moment") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  Load load(mirror.source.path(), writes_under_any_name);
  load.go_on_for(kTurns);
  {
    const Asleep daemon(mirror);
    mirror.run("PRAGMA legacy_alter_table = ON; ALTER TABLE items RENAME TO things");
    support::wait_until("SQLite has refused a write", [&] { return load.refused() > 0; });
  }
  load.go_on_for(kTurns);
  CHECK(load.finish() == "no such table: main.items");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a rebuild gives the table another key, and the server's follows, or says what it lacks") {
  struct Rekey {
    const char* before;
    const char* after;
    const char* writes;
  };
  const std::string pk =
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p' AND conrelid = 'b'::regclass";
  for (const auto& rekey :
       {Rekey{"k", "n, k", "INSERT INTO b VALUES(9, 'x', 'another x'); UPDATE b SET n = 10 WHERE n = 9"},
        Rekey{"n, k", "k", "UPDATE b SET n = 5 WHERE k = 'x'; DELETE FROM b WHERE k = 'y'"},
        Rekey{"n, k", "v", "UPDATE b SET n = 1, k = 'x'"}}) {
    const std::string columns = "(n INTEGER NOT NULL, k TEXT NOT NULL, v TEXT NOT NULL, PRIMARY KEY(";
    const std::string rebuild =
        std::string("CREATE TABLE b2") + columns + rekey.after +
        ")); INSERT INTO b2 SELECT * FROM b; DROP TABLE b; ALTER TABLE b2 RENAME TO b;";
    for (const bool mirrors : {true, false}) {
      CAPTURE(rekey.after);
      CAPTURE(mirrors);
      Mirror mirror(
          "CREATE TABLE b" + columns + rekey.before + ")); INSERT INTO b VALUES(1, 'x', 'a'), (2, 'y', 'b')",
          mirrors ? kFollowing : MirrorOptions());
      mirror.start();
      // What the old key would have refused, or let in, is there before anybody looks.
      mirror.run("BEGIN;" + rebuild + "COMMIT;" + rekey.writes);
      if (!mirrors) {
        wait_for_state(mirror.daemon, "halted");
        const auto error = mirror.status().at("error");
        CHECK(error.at("code") == "key_changed");
        const std::string hint = error.at("hint");
        mirror.server(hint.substr(hint.find("ALTER TABLE")));
        CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
      }
      CHECK(mirror.differences() == "");
      support::wait_until("the key is the source's", [&] {
        return mirror.server(pk) == std::string("PRIMARY KEY (") + rekey.after + ")";
      });
      CHECK(mirror.differences() == "");
      CHECK(mirror.status().at("state") == "streaming");
    }
  }
}

TEST_CASE("case 24: a table is renamed and another one made under its old name") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  mirror.run(
      "BEGIN; ALTER TABLE items RENAME TO things; CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT);"
      "INSERT INTO items VALUES(1, 'new'), (200, 'new too'); UPDATE things SET name = 'kept'; COMMIT");
  CHECK(mirror.differences() == "");
  mirror.run("UPDATE items SET name = 'newer'; DELETE FROM things WHERE id > 50");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: two tables change names") {
  Mirror mirror(
      kItems + "CREATE TABLE more(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO more VALUES(2, 'x')",
      kFollowing);
  mirror.start();
  mirror.run(
      "BEGIN; ALTER TABLE spare RENAME TO aside; ALTER TABLE more RENAME TO spare;"
      "ALTER TABLE aside RENAME TO more; INSERT INTO more VALUES(9, 'nine'); DELETE FROM spare; COMMIT");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a table is dropped and made anew with other rows") {
  Mirror mirror(kItems);
  mirror.start();
  mirror.run(
      "DROP TABLE spare; CREATE TABLE spare(id INTEGER PRIMARY KEY, name TEXT);"
      "INSERT INTO spare VALUES(2, 'two again'), (3, 'three')");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a year of migrations while the daemon is down") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  mirror.daemon.stop();
  mirror.run(
      "ALTER TABLE items ADD COLUMN stock INTEGER DEFAULT 7; INSERT INTO items(name, stock) VALUES('a', 1);"
      "ALTER TABLE items RENAME COLUMN amount TO quantity; UPDATE items SET quantity = -id;"
      "DROP INDEX items_code; ALTER TABLE items DROP COLUMN code;"
      "INSERT OR REPLACE INTO items(label, name) VALUES('l5', 'b');"
      "ALTER TABLE items RENAME TO things; DELETE FROM things WHERE id = 7; DROP TABLE spare;"
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, thing INTEGER REFERENCES things);"
      "INSERT INTO orders VALUES(1, 8); VACUUM");
  mirror.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a dropped column that Postgres demands is named with its remedy") {
  Mirror mirror("CREATE TABLE parts(id INTEGER PRIMARY KEY, name TEXT, weight INTEGER NOT NULL)");
  mirror.start();
  mirror.run("INSERT INTO parts VALUES(1, 'bolt', 5); ALTER TABLE parts DROP COLUMN weight");
  mirror.run("INSERT INTO parts VALUES(2, 'nut')");
  follow_hint(mirror);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a renamed column that Postgres demands is named with its remedy") {
  Mirror mirror("CREATE TABLE parts(id INTEGER PRIMARY KEY, name TEXT, weight INTEGER NOT NULL)");
  mirror.start();
  mirror.run("INSERT INTO parts VALUES(1, 'bolt', 5); ALTER TABLE parts RENAME COLUMN weight TO grams");
  mirror.run("INSERT INTO parts VALUES(2, 'nut', 3)");
  follow_hint(mirror);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 24: a renamed key column is named with its remedy") {
  Mirror mirror("CREATE TABLE parts(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO parts VALUES(1, 'bolt')");
  mirror.start();
  mirror.run("ALTER TABLE parts RENAME COLUMN id TO part; INSERT INTO parts VALUES(2, 'nut')");
  follow_hint(mirror);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 25: a rebuilt table with writes right after it") {
  check_rebuild({}, {kOrdinary, kLegacy, {"OFF", "the same connection"}, {"ON", "another connection"}});
}

TEST_CASE("case 25: a rebuild that moves the old table out of the way") {
  check_rebuild({.old_table_first = true});
}

TEST_CASE("case 25: a rebuild that drops a column") {
  check_rebuild(
      {.columns = "id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT", .values = "id, label, name"},
      {kOrdinary, kLegacy}, kFollowing);
}

TEST_CASE("case 25: a rebuild that adds a computed column") {
  check_rebuild({.columns = "id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, twice INTEGER",
                 .values = "id, label, name, amount * 2"},
                {kOrdinary, kLegacy}, kFollowing);
}

TEST_CASE("case 25: a rebuild that changes a column's type to one that the target's still holds") {
  check_rebuild({.columns = "id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount TEXT, code TEXT"});
}

TEST_CASE("case 25: a rebuild that leaves rows out and changes others") {
  check_rebuild({.values = "id, label, upper(name), -amount, code", .where = "id > 10"});
}

TEST_CASE(
    "case 25: a rebuild that changes a column's type beyond the target's halts until the server's follows") {
  Mirror mirror(kItems);
  mirror.start();
  mirror.run(
      sql_of({.columns = "id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount TEXT, code TEXT",
              .values = "id, label, name, 'about ' || amount, code"}));
  mirror.run(kWritesRightAfter);
  wait_for_state(mirror.daemon, "halted");
  const auto error = mirror.status().at("error");
  CHECK(error.at("table") == "items");
  CHECK(error.at("column") == "amount");
  mirror.server("ALTER TABLE items ALTER COLUMN amount TYPE text");
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 25: a rebuild step by step while the daemon looks on") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  const std::string columns =
      "(id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount INTEGER, code TEXT)";
  for (const auto& step :
       {"CREATE TABLE new_items" + columns, std::string("INSERT INTO new_items SELECT * FROM items"),
        std::string("DROP TABLE items"), std::string("ALTER TABLE new_items RENAME TO items"),
        kWritesRightAfter}) {
    CAPTURE(step);
    mirror.run(step);
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("case 25: a parent is rebuilt under its children") {
  Mirror mirror(kItems +
                "CREATE TABLE notes(id INTEGER PRIMARY KEY, item INTEGER REFERENCES items ON DELETE CASCADE);"
                "INSERT INTO notes SELECT id, id FROM items");
  mirror.start();
  rebuild_and_write(mirror, {}, "the same connection");
  mirror.run("PRAGMA foreign_keys = ON; DELETE FROM items WHERE id IN (5, 6)");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM notes WHERE item IN (5, 6)") == "0");
}

TEST_CASE("case 25: a rebuild while the daemon is down") {
  Mirror mirror(kItems);
  mirror.start();
  mirror.daemon.stop();
  mirror.run(sql_of({}));
  mirror.run(kWritesRightAfter);
  mirror.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 25: rebuilds during load") {
  Mirror mirror(kItems);
  mirror.start();
  CHECK(migrate_under_load(mirror, sql_of({}) + sql_of({.old_table_first = true}), writes_to_items) == "");
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
