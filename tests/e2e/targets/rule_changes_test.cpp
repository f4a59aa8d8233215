// A rule that changes: what is new is copied, what is left out stays where it is and is said.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {
namespace {

constexpr const char* kOrders =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, status TEXT, note TEXT); CREATE TABLE users(id INTEGER "
    "PRIMARY KEY);"
    "INSERT INTO orders VALUES(1, 'draft', 'a'), (2, 'paid', 'b'), (3, 'paid', 'c'); INSERT INTO users "
    "VALUES(1)";

void reload(Mirror& mirror, const std::string& settings) {
  mirror.daemon.configure(
      shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role), settings));
  REQUIRE(mirror.daemon.ctl({"reload"}).exit_code == 0);
}

}  // namespace

TEST_CASE("a wider filter copies the rows that are new") {
  in_both_modes(rule("orders", "{where: status = 'paid'}"), [](const MirrorOptions& options) {
    Mirror mirror(kOrders, options);
    mirror.start();
    CHECK(mirror.server("SELECT string_agg(id::text, ',' ORDER BY id) FROM orders") == "2,3");
    reload(mirror, rule("orders", "{where: status <> 'void'}"));
    check_same(mirror, "SELECT * FROM orders ORDER BY 1");
    reload(mirror, "");
    mirror.run("INSERT INTO orders VALUES(4, 'void', 'd')");
    check_same(mirror, "SELECT * FROM orders ORDER BY 1");
  });
}

TEST_CASE("a narrower filter leaves the rows that are out in Postgres, says how many, and resync tidies") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(kOrders, options);
    mirror.start();
    reload(mirror, rule("orders", "{where: status = 'paid'}"));
    mirror.run("UPDATE orders SET note = 'x'; INSERT INTO orders VALUES(4, 'draft', 'd')");
    mirror.run("INSERT INTO orders VALUES(5, 'paid', 'e')");
    must_flush(mirror.daemon);
    CHECK(mirror.server("SELECT string_agg(id || note, ',' ORDER BY id) FROM orders WHERE id > 1") ==
          "2x,3x,5e");
    CHECK(mirror.daemon.ctl({"resync", "--table", "orders", "--yes"}).exit_code == 0);
    check_same(mirror, "SELECT * FROM orders WHERE status = 'paid' ORDER BY 1",
               "SELECT * FROM orders ORDER BY 1");
  });
}

TEST_CASE("rows that a narrower filter leaves out stay as they are") {
  for (const char* existing : {"refuse", "replace", "merge"}) {
    CAPTURE(existing);
    Mirror mirror(kOrders);
    const std::string target = mirror.cluster.url(mirror.database, mirror.role);
    const auto with = [&](const std::string& settings) {
      auto text = shop(mirror.source.path(), target, settings);
      const std::string url = "      url: ";
      return text.insert(text.find(url), "      existing_rows: " + std::string(existing) + "\n");
    };
    mirror.daemon.configure(with(""));
    mirror.start();
    mirror.daemon.configure(with(rule("orders", "{where: status = 'paid'}")));
    REQUIRE(mirror.daemon.ctl({"reload"}).exit_code == 0);
    must_flush(mirror.daemon);
    CHECK(mirror.server("SELECT string_agg(id || note, ',' ORDER BY id) FROM orders") == "1a,2b,3c");
    CHECK(mirror.daemon.log().find(std::string(existing) == "merge"
                                       ? "rows_only_in_postgres"
                                       : "rows_left_in_postgres") != std::string::npos);
  }
}

TEST_CASE("a column that is let in again is filled, one that is left out keeps what it has") {
  in_both_modes(rule("orders", "{columns: {except: [note]}}"), [](const MirrorOptions& options) {
    Mirror mirror(kOrders, options);
    mirror.start();
    CHECK(mirror.server("SELECT * FROM orders WHERE id = 1") == "1|draft");
    reload(mirror, "");
    check_same(mirror, "SELECT * FROM orders ORDER BY 1");
    reload(mirror, rule("orders", "{columns: [id, status]}"));
    mirror.run("UPDATE orders SET note = 'x', status = 'y' WHERE id = 1");
    must_flush(mirror.daemon);
    CHECK(mirror.server("SELECT * FROM orders WHERE id = 1") == "1|y|a");
  });
}

TEST_CASE("another target is copied to anew, and refused where it holds rows of somebody else's") {
  Mirror mirror(kOrders);
  mirror.start();
  reload(mirror, rule("orders", "{target: sales}"));
  mirror.run("DELETE FROM orders WHERE id = 3");
  check_same(mirror, "SELECT * FROM orders ORDER BY 1", "SELECT * FROM sales ORDER BY 1");
  CHECK(mirror.server("SELECT count(*) FROM orders") == "3");

  mirror.server(
      "CREATE TABLE archive (id bigint PRIMARY KEY, status text, note text); INSERT INTO archive VALUES (99, "
      "'z', 'z')");
  reload(mirror, rule("orders", "{target: archive}"));
  wait_for_state(mirror.daemon, "halted");
  CHECK(mirror.status().at("error").at("code") == "existing_rows");
  CHECK(mirror.server("SELECT * FROM archive") == "99|z|z");
}

TEST_CASE("replace leaves the history of a migration tool alone, unless it is named") {
  for (const std::string& tables :
       {std::string(), std::string("    tables: {include: [items, _prisma_migrations]}\n")}) {
    CAPTURE(tables);
    Mirror mirror(
        "CREATE TABLE _prisma_migrations(id TEXT PRIMARY KEY NOT NULL, name TEXT); INSERT INTO "
        "_prisma_migrations VALUES('s', 'sqlite_init'); CREATE TABLE items(id INTEGER PRIMARY KEY)",
        {.settings = "      existing_rows: replace\n" + tables});
    mirror.server(
        "CREATE TABLE _prisma_migrations(id text PRIMARY KEY, name text); INSERT INTO _prisma_migrations "
        "VALUES('p', 'postgres_init')");
    mirror.start();
    must_flush(mirror.daemon);
    const bool named = !tables.empty();
    CHECK(mirror.server("SELECT id FROM _prisma_migrations") == (named ? "s" : "p"));
    const std::string check = mirror.daemon.ctl({"check"}).out;
    CHECK((check.find("_prisma_migrations: the history of a migration tool") == std::string::npos) == named);
  }
}

}  // namespace sluice::e2e
