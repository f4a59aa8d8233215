// The application's own triggers beside ours, older and newer than they are.

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/e2e/cases/steps.h"

namespace sluice::e2e {
namespace {

/// The insert trigger of ours has to fire before every trigger of the application: the one created last does.
bool our_insert_trigger_is_newest(Mirror& mirror, const std::string& table) {
  const std::string newest =
      mirror.source.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '" + table +
                         "' ORDER BY rowid DESC LIMIT 1");
  return newest.starts_with("_sluice_") && newest.ends_with("_i");
}

constexpr const char* kStock =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, stock INTEGER, changes INTEGER DEFAULT 0);"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, item INTEGER, what TEXT);"
    "CREATE TABLE total(name TEXT PRIMARY KEY, stock INTEGER UNIQUE);"
    "INSERT INTO item(id, name, stock) VALUES(1, 'bolt', 10), (2, 'nut', 20);";

/// Each kind of trigger, writing its own table, others, and by REPLACE.
constexpr const char* kBookkeeping =
    "CREATE TRIGGER item_bi BEFORE INSERT ON item BEGIN"
    "  INSERT INTO audit(item, what) VALUES(NEW.id, 'coming');"
    "  DELETE FROM item WHERE name = NEW.name AND stock = 0; END;"
    "CREATE TRIGGER item_ai AFTER INSERT ON item BEGIN"
    "  UPDATE item SET name = lower(NEW.name) WHERE id = NEW.id;"
    "  REPLACE INTO total SELECT lower(NEW.name), sum(stock) FROM item WHERE name = lower(NEW.name);"
    "  DELETE FROM item WHERE id = NEW.id AND stock IS NULL; END;"
    "CREATE TRIGGER item_bu BEFORE UPDATE OF stock ON item BEGIN"
    "  UPDATE item SET changes = changes + 1 WHERE id = OLD.id;"
    "  INSERT INTO audit(item, what) VALUES(OLD.id, OLD.stock || ' to ' || NEW.stock); END;"
    "CREATE TRIGGER item_au AFTER UPDATE OF stock ON item WHEN NEW.stock < 0 BEGIN"
    "  DELETE FROM item WHERE id = NEW.id; END;"
    "CREATE TRIGGER item_moved AFTER UPDATE OF id ON item BEGIN"
    "  UPDATE audit SET item = NEW.id WHERE item = OLD.id;"
    "  UPDATE item SET id = id + 1000, name = name || '!' WHERE id = NEW.id AND id < 1000; END;"
    "CREATE TRIGGER item_bd BEFORE DELETE ON item BEGIN"
    "  UPDATE item SET name = 'doomed' WHERE id = OLD.id; END;"
    "CREATE TRIGGER item_ad AFTER DELETE ON item BEGIN"
    "  REPLACE INTO total VALUES('deleted', -1);"
    "  INSERT OR IGNORE INTO item(id, name, stock) SELECT OLD.id + 100, 'again ' || OLD.name, 1"
    "    WHERE OLD.name = 'phoenix'; END;"
    "CREATE TRIGGER audit_ai AFTER INSERT ON audit WHEN NEW.id % 3 = 0 BEGIN"
    "  DELETE FROM audit WHERE id = NEW.id - 2; END;";

void check_bookkeeping(Mirror& mirror) {
  check_steps(
      mirror,
      {"INSERT INTO item(name, stock) VALUES('NUT', 3), ('Washer', 5)",
       "INSERT INTO item(name, stock) VALUES('gone at once', NULL)", "UPDATE item SET stock = stock - 5",
       "UPDATE item SET id = id + 10 WHERE name = 'bolt'",
       "REPLACE INTO item(id, name, stock) VALUES(2, 'Nut', 0), (2, 'nut', 4)",
       "INSERT INTO item(id, name, stock) VALUES(7, 'phoenix', 7)", "DELETE FROM item WHERE id IN (2, 7)",
       "UPDATE OR REPLACE total SET stock = -1 WHERE name = 'nut'",
       ("INSERT INTO item(id, name, stock) VALUES(1011, 'bolt', 1)"
        "  ON CONFLICT DO UPDATE SET stock = excluded.stock, name = upper(name)")});
  CHECK(mirror.server("SELECT string_agg(id || ' ' || name || ' ' || changes, ', ' ORDER BY id) FROM item") ==
        "4 washer 1, 107 again phoenix 0, 1011 BOLT! 2");
}

}  // namespace

TEST_CASE("case 14: triggers of the application that are older than ours") {
  Mirror mirror(std::string(kStock) + kBookkeeping);
  mirror.start();
  check_bookkeeping(mirror);
}

TEST_CASE("case 14: triggers of the application that are newer than ours") {
  Mirror mirror(kStock);
  mirror.start();
  mirror.run(kBookkeeping);
  check_bookkeeping(mirror);
  CHECK(our_insert_trigger_is_newest(mirror, "item"));
}

TEST_CASE("case 14: triggers that fire themselves, and temporary ones") {
  Mirror mirror(
      "CREATE TABLE countdown(n INTEGER PRIMARY KEY, told TEXT);"
      "CREATE TABLE heard(n INTEGER PRIMARY KEY, told TEXT);"
      "CREATE TRIGGER next AFTER INSERT ON countdown WHEN NEW.n > 0 BEGIN"
      "  INSERT INTO countdown VALUES(NEW.n - 1, NEW.told); END;"
      "CREATE TRIGGER back AFTER DELETE ON countdown BEGIN"
      "  DELETE FROM countdown WHERE n = OLD.n + 1; END");
  mirror.start();
  mirror.run(
      "PRAGMA recursive_triggers = ON;"
      "CREATE TEMP TRIGGER hear AFTER INSERT ON main.countdown BEGIN"
      "  REPLACE INTO heard VALUES(NEW.n, NEW.told); END;"
      "CREATE TEMP TRIGGER forget BEFORE DELETE ON main.heard BEGIN"
      "  UPDATE countdown SET told = 'forgotten' WHERE n = OLD.n; END");
  check_steps(mirror, {"INSERT INTO countdown VALUES(20, 'first')", "DELETE FROM countdown WHERE n = 5",
                       "REPLACE INTO countdown VALUES(4, 'second')", "DELETE FROM heard WHERE n IN (0, 4)"});
  CHECK(mirror.server("SELECT count(*) FROM heard") == "19");
  CHECK(mirror.server("SELECT told FROM countdown WHERE n = 0") == "forgotten");
}

namespace {

/// A row says in its name which trigger is to raise what.
std::string raising_triggers() {
  std::string sql =
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE seen(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "INSERT INTO item VALUES(1, 'one'), (2, 'two'), (3, 'three');";
  for (const std::string when : {"BEFORE", "AFTER"}) {
    for (const std::string event : {"INSERT", "UPDATE", "DELETE"}) {
      const std::string row = event == "DELETE" ? "OLD" : "NEW";
      const std::string name = row + ".name = '" + when + ' ' + event;
      std::string body = "  SELECT RAISE(IGNORE) WHERE " + name + " IGNORE';";
      for (const std::string action : {"FAIL", "ABORT", "ROLLBACK"}) {
        body += "  SELECT RAISE(" + action + ", 'raised') WHERE " + name + ' ' + action + "';";
      }
      sql += "CREATE TRIGGER " + when + '_' + event + ' ' + when + ' ' + event + " ON item BEGIN" + body +
             "  INSERT INTO seen(name) SELECT " + row + ".name WHERE " + row + ".name LIKE 'seen%'; END;";
    }
  }
  return sql;
}

}  // namespace

TEST_CASE("case 15: RAISE in triggers of the application") {
  Mirror mirror(raising_triggers());
  mirror.start();
  for (const std::string when : {"BEFORE", "AFTER"}) {
    for (const std::string action : {"IGNORE", "FAIL", "ABORT", "ROLLBACK"}) {
      const auto raises = [&](const std::string& event, const std::string& before, const std::string& after) {
        const std::string sql = before + "'" + when + ' ' + event + ' ' + action + "'" + after;
        CAPTURE(sql);
        CHECK(mirror.attempt(sql) == (action == "IGNORE" ? "" : "raised"));
        CHECK(mirror.differences() == "");
      };
      raises("INSERT", "INSERT INTO item(name) VALUES('kept before'), (", "), ('kept after')");
      raises("UPDATE", "UPDATE item SET name = CASE id WHEN 2 THEN ", " ELSE name || '.' END");
      raises("UPDATE", "UPDATE item SET id = id + 100, name = iif(id = 3, ", ", name)");
      mirror.run(
          "UPDATE item SET name = 'x'; DELETE FROM item;"
          "INSERT INTO item VALUES(1, 'one'), (2, '" +
          when + " DELETE " + action + "'), (3, 'three')");
      raises("DELETE", "DELETE FROM item WHERE name <= ", " OR id < 3");
      mirror.run(
          "UPDATE item SET name = 'x'; DELETE FROM item;"
          "INSERT INTO item VALUES(1, 'one'), (2, 'two'), (3, 'three')");
      CHECK(mirror.differences() == "");
    }
  }
  CHECK(mirror.server("SELECT string_agg(name, ' ' ORDER BY id) FROM item") == "one two three");
}

TEST_CASE("case 15: a constraint that fails inside a trigger of the application") {
  Mirror mirror(raising_triggers());
  mirror.start();
  const char* const kTaken = "UNIQUE constraint failed: seen.name";
  mirror.run("INSERT INTO seen(name) VALUES('seen already')");
  check_steps(mirror,
              {{"INSERT OR FAIL INTO item VALUES(4, 'before'), (5, 'seen already'), (6, 'after')", kTaken},
               {"UPDATE OR FAIL item SET name = 'seen already' WHERE id > 1", kTaken},
               {"INSERT INTO item VALUES(7, 'before'), (8, 'seen already')", kTaken},
               "INSERT OR IGNORE INTO item VALUES(9, 'seen already')",
               "INSERT OR REPLACE INTO item VALUES(9, 'seen already'), (10, 'seen by itself')"});
  CHECK(mirror.server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM item") ==
        mirror.source.rows("SELECT group_concat(id, ' ') FROM item"));
}

TEST_CASE("case 15: a row kept by RAISE in the midst of a transaction that goes on") {
  Mirror mirror(raising_triggers());
  mirror.start();
  CHECK(mirror.attempt("BEGIN; INSERT INTO item VALUES(4, 'four');"
                       "INSERT INTO item VALUES(5, 'AFTER INSERT FAIL')") == "raised");
  mirror.run("COMMIT");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT max(id) FROM item") == "5");
  CHECK(mirror.attempt("BEGIN; DELETE FROM item; INSERT INTO item VALUES(6, 'AFTER INSERT ROLLBACK')") ==
        "raised");
  check_steps(
      mirror,
      {"DELETE FROM item WHERE id = 1",
       "BEGIN; SAVEPOINT s; INSERT INTO item VALUES(7, 'AFTER INSERT IGNORE'); ROLLBACK TO s; COMMIT"});
  CHECK(mirror.server("SELECT count(*) FROM item") == "4");
}

TEST_CASE("case 16: a trigger of the application that came later keeps nothing from us") {
  for (const std::string raise : {"RAISE(IGNORE)", "RAISE(FAIL, 'raised')"}) {
    for (const std::string event : {"INSERT", "UPDATE", "DELETE"}) {
      CAPTURE(raise);
      CAPTURE(event);
      Mirror mirror(
          "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);"
          "INSERT INTO item VALUES(1, 'one'), (2, 'two'), (3, 'three'), (4, 'four')");
      mirror.start();
      REQUIRE(our_insert_trigger_is_newest(mirror, "item"));
      // In one transaction, so that no repair can come between.
      mirror.run("BEGIN; CREATE TRIGGER guard AFTER " + event + " ON item BEGIN SELECT " + raise + "; END");
      mirror.attempt("INSERT INTO item VALUES(5, 'five'), (6, 'six')");
      mirror.attempt("UPDATE item SET name = 'changed' WHERE id = 1");
      mirror.attempt("DELETE FROM item WHERE id = 2");
      mirror.run("COMMIT");
      CHECK(mirror.differences() == "");
      CHECK(our_insert_trigger_is_newest(mirror, "item"));

      mirror.attempt("INSERT OR REPLACE INTO item VALUES(7, 'seven'), (8, 'eight')");
      mirror.attempt("UPDATE item SET id = 10, name = 'moved' WHERE id = 3");
      mirror.attempt("DELETE FROM item WHERE id = 4");
      CHECK(mirror.differences() == "");
      CHECK(
          mirror.server("SELECT string_agg(id || name, ' ' ORDER BY id) FROM item WHERE id NOT IN (6, 8)") ==
          "1changed 5five 7seven 10moved");
    }
  }
}

TEST_CASE("case 16: the order is put right while the daemon is away, and whatever the trigger does") {
  Mirror mirror(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE TABLE other(id INTEGER PRIMARY "
      "KEY)");
  mirror.start();
  mirror.daemon.stop();
  mirror.run(
      "CREATE TRIGGER guard AFTER INSERT ON item BEGIN SELECT RAISE(IGNORE) WHERE NEW.id > 1; END;"
      "CREATE TRIGGER later AFTER UPDATE ON other BEGIN SELECT 1; END;"
      "INSERT INTO item VALUES(1, 'one'), (2, 'two'); INSERT INTO other VALUES(1)");
  mirror.start();
  CHECK(mirror.differences() == "");
  CHECK(our_insert_trigger_is_newest(mirror, "item"));
  CHECK(our_insert_trigger_is_newest(mirror, "other"));
  check_steps(
      mirror,
      {"INSERT INTO item VALUES(3, 'three')",
       "CREATE TRIGGER third BEFORE INSERT ON item BEGIN DELETE FROM item WHERE name = NEW.name || '!'; END",
       "INSERT INTO item VALUES(4, 'four!'), (5, 'four')", "REPLACE INTO item VALUES(6, 'four')",
       ("DROP TRIGGER guard; CREATE TRIGGER guard AFTER INSERT ON item BEGIN"
        "  DELETE FROM item WHERE id = NEW.id - 1; END"),
       "INSERT INTO item VALUES(7, 'seven')"});
  CHECK(our_insert_trigger_is_newest(mirror, "item"));
  CHECK(mirror.server("SELECT max(id) FROM item") == "7");
}

}  // namespace sluice::e2e
