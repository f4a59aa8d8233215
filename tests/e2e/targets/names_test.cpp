// Tables and columns that have other names in Postgres, and names at the limit of what it keeps.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {

TEST_CASE("a table and its columns go by other names, also where the new names have to be quoted") {
  in_both_modes(
      rule("Orders", "{target: \"Customer Orders\", rename: {ID: \"Order \\\"No\\\"\", note: remark}}"),
      [](const MirrorOptions& options) {
        for (const bool made_before : {true, false}) {
          CAPTURE(made_before);
          Mirror mirror(
              "CREATE TABLE orders(id INTEGER PRIMARY KEY, note TEXT, total REAL); INSERT INTO orders "
              "VALUES(1, 'a', 1.5)",
              options);
          if (made_before) {
            mirror.server(
                "CREATE TABLE \"Customer Orders\" (remark text, \"Order \"\"No\"\"\" bigint PRIMARY KEY,"
                " total double precision)");
          }
          mirror.start();
          mirror.run(
              "INSERT INTO orders VALUES(2, 'b', 2.5), (3, 'c', 3.5); UPDATE orders SET id = 4 WHERE id = 1;"
              "DELETE FROM orders WHERE id = 2");
          check_same(mirror, "SELECT id, note, total FROM orders ORDER BY 1",
                     "SELECT \"Order \"\"No\"\"\", remark, total FROM \"Customer Orders\" ORDER BY 1");
          CHECK(mirror.server("SELECT to_regclass('orders') IS NULL") == "t");
          CHECK(mirror.status().at("tables").at(0).at("target") == "public.Customer Orders");
        }
      });
}

TEST_CASE("a column that comes later is added under its new name") {
  MirrorOptions options;
  options.settings = rule("items", "{rename: {weight: grams}}");
  Mirror mirror("CREATE TABLE items(id INTEGER PRIMARY KEY)", options);
  const auto without_it = mirror.daemon.ctl({"check"});
  CHECK(without_it.exit_code == 0);  // a table yet to be made says nothing of its columns
  mirror.run("ALTER TABLE items ADD COLUMN weight INTEGER; INSERT INTO items VALUES(1, 5)");
  mirror.start();
  check_same(mirror, "SELECT id, weight FROM items", "SELECT id, grams FROM items");
}

TEST_CASE("tables of another schema, matched without regard to case") {
  in_both_modes("", [](MirrorOptions options) {
    options.settings = "";
    Mirror mirror(
        "CREATE TABLE Items(Id INTEGER PRIMARY KEY, UserName TEXT); INSERT INTO Items VALUES(1, 'a')",
        options);
    mirror.server(
        "CREATE SCHEMA \"Shop Data\"; CREATE TABLE \"Shop Data\".items (id bigint PRIMARY KEY, username "
        "text);"
        "CREATE TABLE items (wrong int)");
    auto settings = shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role));
    const std::string url = "      url: ";
    settings.insert(settings.find(url), "      schema: \"Shop Data\"\n");
    mirror.daemon.configure(settings);
    mirror.start();
    mirror.run(
        "INSERT INTO items VALUES(2, 'b'); CREATE TABLE More(id INTEGER PRIMARY KEY); INSERT INTO More "
        "VALUES(7)");
    check_same(mirror, "SELECT * FROM items ORDER BY 1", "SELECT * FROM \"Shop Data\".items ORDER BY 1");
    check_same(mirror, "SELECT * FROM More", "SELECT * FROM \"Shop Data\".\"More\"");
    CHECK(mirror.server("SELECT count(*) FROM items") == "0");
  });
}

TEST_CASE("names of 63 bytes are kept, and longer ones never cut") {
  const std::string longest(61, 'n');
  Mirror mirror("CREATE TABLE " + longest + "_a(id INTEGER PRIMARY KEY, " + longest + "_a TEXT, " + longest +
                "_b TEXT); CREATE TABLE " + longest + "_b(id INTEGER PRIMARY KEY)");
  mirror.start();
  mirror.run("INSERT INTO " + longest + "_a VALUES(1, 'a', 'b'); INSERT INTO " + longest + "_b VALUES(2)");
  CHECK(mirror.differences() == "");

  mirror.run("CREATE TABLE " + longest + "_ab(id INTEGER PRIMARY KEY, " + longest +
             "_ab TEXT); INSERT INTO " + longest + "_ab VALUES(3, 'c')");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT count(*) FROM " + longest + "_a") == "1");
  const std::string made =
      mirror.server("SELECT relname FROM pg_class WHERE relname ~ '^n{40,}_[0-9a-f]{16}$'");
  CHECK(mirror.server("SELECT to_json(t) FROM " + made + " t").find("\"c\"") != std::string::npos);

  mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
                               rule(longest + "_ab", "{target: short}")));
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  mirror.run("INSERT INTO " + longest + "_ab VALUES(4, 'd')");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT count(*) FROM short") == "2");
}

TEST_CASE("two tables that would be written to one are refused, by check as well") {
  MirrorOptions options;
  options.settings = rule("orders", "{target: ITEMS}");
  Mirror mirror("CREATE TABLE orders(id INTEGER PRIMARY KEY); CREATE TABLE items(id INTEGER PRIMARY KEY)",
                options);
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  CHECK(check.out.find("'items' and 'orders' would both be written to") != std::string::npos);
  CHECK(halted_at_start(mirror).at("code") == "target_shared");
  CHECK(mirror.server("SELECT to_regclass('items') IS NULL") == "t");
}

}  // namespace sluice::e2e
