// `where`: only some rows of a table are there, by an expression over the row's own columns.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {
namespace {

constexpr const char* kOrders =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, status TEXT, total REAL, note TEXT COLLATE NOCASE);"
    "CREATE INDEX by_status ON orders(status)";

void check_refused(const std::string& where, const std::string& words) {
  CAPTURE(where);
  MirrorOptions options;
  options.settings = rule("orders", "{where: \"" + where + "\"}");
  Mirror mirror(std::string(kOrders) + "; CREATE TABLE users(id INTEGER PRIMARY KEY)", options);
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  CHECK_MESSAGE(check.out.find("tables.rules.orders.where can't be used: ") != std::string::npos, check.out);
  CHECK_MESSAGE(check.out.find(words) != std::string::npos, check.out);
  const auto error = halted_at_start(mirror);
  CHECK(error.at("code") == "rule_refused");
  CHECK(error.at("message").get<std::string>().find(words) != std::string::npos);
  CHECK(mirror.source.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_*'") == "0");
}

}  // namespace

TEST_CASE("the copy skips rows that do not match, and updates move rows in and out") {
  in_both_modes(
      rule("orders", "{where: \"status <> 'draft' AND total > 0 -- paid\"}"),
      [](const MirrorOptions& options) {
        Mirror mirror(kOrders, options);
        mirror.run(
            "INSERT INTO orders VALUES(1, 'draft', 5, 'a'), (2, 'paid', 5, 'b'), (3, NULL, 5, 'c'), (4, "
            "'paid', 0, 'd')");
        mirror.start();
        const std::string there =
            "SELECT id, status, total, note FROM orders WHERE status <> 'draft' AND total > 0 ORDER BY 1";
        const std::string all = "SELECT id, status, total, note FROM orders ORDER BY 1";
        check_same(mirror, there, all);
        CHECK(mirror.server("SELECT count(*) FROM orders") == "1");

        mirror.run(
            "UPDATE orders SET status = 'paid' WHERE id IN (1, 3); INSERT INTO orders VALUES(5, 'paid', 1, "
            "'e'), (6, 'draft', 1, 'f')");
        check_same(mirror, there, all);
        mirror.run(
            "UPDATE orders SET total = 0 WHERE id = 2; UPDATE orders SET id = 7 WHERE id = 5; DELETE FROM "
            "orders WHERE id = 1;"
            "UPDATE orders SET note = 'g' WHERE id = 6");
        check_same(mirror, there, all);
        mirror.run("INSERT OR REPLACE INTO orders VALUES(3, 'draft', 1, 'h'), (4, 'paid', 4, 'i')");
        check_same(mirror, there, all);
        CHECK(mirror.server("SELECT string_agg(id::text, ',' ORDER BY id) FROM orders") == "4,7");
      });
}

TEST_CASE("a large table of which few rows match is copied in bounded pieces") {
  MirrorOptions options;
  options.settings = rule("orders", "{where: total % 5000 = 0}") + "    apply: {max_batch_changes: 3000}\n";
  Mirror mirror(kOrders, options);
  mirror.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
      "INSERT INTO orders SELECT i, 'paid', i, '' FROM n");
  mirror.start();
  check_same(mirror, "SELECT id FROM orders WHERE total % 5000 = 0 ORDER BY 1",
             "SELECT id FROM orders ORDER BY 1");
  CHECK(mirror.status().at("tables").at(0).at("rows_copied") == 10);
}

TEST_CASE("the expression may use columns that are left out, and those that SQLite generates") {
  MirrorOptions options;
  options.settings = rule("people", "{columns: {except: [secret]}, where: secret IS NULL OR initial = 'A'}");
  Mirror mirror(
      "CREATE TABLE people(name TEXT PRIMARY KEY, secret TEXT, initial TEXT AS (substr(name, 1, 1))) WITHOUT "
      "ROWID",
      options);
  mirror.start();
  mirror.run("INSERT INTO people VALUES('Ann', 'x'), ('Bob', NULL), ('Cid', 'x')");
  check_same(mirror, "SELECT name FROM people WHERE name <> 'Cid' ORDER BY 1",
             "SELECT name FROM people ORDER BY 1");
  mirror.run("UPDATE people SET secret = NULL; UPDATE people SET secret = 'y' WHERE name = 'Bob'");
  check_same(mirror, "SELECT name FROM people WHERE name <> 'Bob' ORDER BY 1",
             "SELECT name FROM people ORDER BY 1");
}

TEST_CASE("an expression that fails on what a row holds halts by name, and goes on once the row is mended") {
  MirrorOptions options;
  options.settings = rule("orders", "{where: \"json_extract(note, '$.a') = 1\"}");
  Mirror mirror(kOrders, options);
  mirror.start();
  mirror.run("INSERT INTO orders VALUES(1, 'paid', 1, '{\"a\":1}'), (2, 'paid', 1, 'no json')");
  wait_for_state(mirror.daemon, "halted");
  const std::string message = mirror.status().at("error").at("message");
  CHECK_MESSAGE(message.find("tables.rules.orders.where has no answer for a row") == 0, message);
  mirror.run("UPDATE orders SET note = '{}' WHERE id = 2");
  check_same(mirror, "SELECT id, note FROM orders WHERE id = 1", "SELECT id, note FROM orders");
}

TEST_CASE("what is not one expression over the row's own columns is refused with SQLite's words") {
  check_refused("id IN (SELECT id FROM users)", "subqueries prohibited");
  check_refused("count(id) > 1", "misuse of aggregate");
  check_refused("users.id = 1", "no such column: users.id");
  check_refused("colour = 'red'", "no such column: colour");
  check_refused("status = \\\"paid\\\"", "no such column: paid");
  check_refused("total > random()", "non-deterministic");
  check_refused("note < date('now')", "depends on the time");
  check_refused("note < datetime()", "depends on the time");
  check_refused("total > 0) OR (1", "syntax error");
  check_refused("total > 0; DROP TABLE orders", "more than one statement");
  check_refused("rowid > 5", "no such column: rowid");
  check_refused("discount(total) > 0", "no such function");
}

}  // namespace sluice::e2e
