// An e-shop moves to Postgres while its application goes on writing to SQLite.

#include <doctest/doctest.h>

#include "tests/e2e/apps/app.h"
#include "tests/e2e/apps/by_value.h"
#include "tests/e2e/apps/shop_session.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

constexpr int kStatements = 5000;

/// So much happened that an equality says something.
void check_it_was_busy(App& app) {
  for (const std::string table :
       {"users", "admins", "categories", "products", "user_addresses", "cart_items", "wishlist_items",
        "orders", "order_items", "product_reviews", "search_history", "email_tokens"}) {
    CAPTURE(table);
    CHECK(std::stoi(app.server("SELECT count(*) FROM " + table)) > 0);
  }
}

void shop_for_a_while(App& app, Slugs slugs, const std::set<std::string>& apart_from) {
  const unsigned seed = announced_seed("shopping session");
  ShopSession session(app.source.database(), seed, slugs);
  fuzz::Dice dice(seed);
  while (session.statements() < kStatements) {
    session.transaction();
    if (!dice.percent(3)) continue;
    must_flush(app.daemon);
    if (dice.percent(20)) REQUIRE(differences_by_value(app, apart_from) == "");
  }
  must_flush(app.daemon);
  CHECK(differences_by_value(app, apart_from) == "");
  check_it_was_busy(app);
}

/// The same with nobody looking on: all of it is one batch.
void shop_unobserved(App& app, Slugs slugs, const std::set<std::string>& apart_from) {
  app.daemon.stop();
  ShopSession session(app.source.database(), announced_seed("unobserved session"), slugs);
  while (session.statements() < kStatements) session.transaction();
  app.start();
  CHECK(app.status().at("totals").at("batches") == 1);
  CHECK(differences_by_value(app, apart_from) == "");
  check_it_was_busy(app);
}

}  // namespace

TEST_CASE(
    "5,000 random statements of an e-shop arrive in replica mode, with the application's own updated_at") {
  App app("shop", PostgresCluster::kReplicaOwner);
  app.start();
  REQUIRE(app.status().at("target").at("apply_mode") == "replica");
  shop_for_a_while(app, Slugs::exchanged, {});
}

TEST_CASE(
    "5,000 random statements of an e-shop arrive in ordinary mode, but for the server's own updated_at") {
  App app("shop", PostgresCluster::kOwner);
  app.start();
  REQUIRE(app.status().at("target").at("apply_mode") == "ordinary");
  shop_for_a_while(app, Slugs::kept, {"updated_at"});
}

TEST_CASE("5,000 random statements made while the daemon was away arrive as one batch") {
  SUBCASE("replica mode") {
    App app("shop", PostgresCluster::kReplicaOwner);
    app.start();
    shop_unobserved(app, Slugs::exchanged, {});
  }
  SUBCASE("ordinary mode") {
    App app("shop", PostgresCluster::kOwner);
    app.start();
    shop_unobserved(app, Slugs::kept, {"updated_at"});
  }
}

TEST_CASE("the comparison by value notices the smallest difference on the server") {
  App app("shop", PostgresCluster::kReplicaOwner);
  app.start();
  REQUIRE(differences_by_value(app) == "");
  for (const std::string change :
       {"UPDATE products SET price = price + 0.01 WHERE id = 1",
        "UPDATE categories SET updated_at = updated_at + interval '1 microsecond' WHERE id = 7",
        "UPDATE products SET tags = tags - 0 WHERE id = 1",
        "UPDATE products SET dimensions = 'null' WHERE id = 2",
        "UPDATE admins SET is_active = NOT is_active WHERE id = 3",
        "UPDATE products SET sku = '' WHERE id = 2", "DELETE FROM admins WHERE id = 3",
        "INSERT INTO admins(id, username) VALUES (9, 'guest')"}) {
    CAPTURE(change);
    const std::string before = differences_by_value(app);
    app.server(change);
    CHECK(differences_by_value(app) != before);
  }
}

TEST_CASE("cascades, times and ids are the application's, and the sequences stay as they are") {
  App app("shop", PostgresCluster::kReplicaOwner);
  app.source.exec("PRAGMA foreign_keys = ON");
  app.start();
  app.run("UPDATE products SET price = 18.5, updated_at = '2024-05-01 10:00:00' WHERE id = 1");
  app.run("INSERT INTO users(id, email, password_hash) VALUES(70, 'ann@example.org', 'x')");
  app.run("INSERT INTO cart_items(user_id, product_id) VALUES(70, 1)");
  must_flush(app.daemon);
  CHECK(app.server("SELECT price, updated_at FROM products WHERE id = 1") == "18.50|2024-05-01 10:00:00");
  CHECK(app.server("SELECT last_value, is_called FROM users_id_seq") == "1|f");
  app.run("DELETE FROM categories WHERE id = 5; DELETE FROM users");
  must_flush(app.daemon);
  CHECK(differences_by_value(app) == "");
  CHECK(app.server("SELECT string_agg(name, ',' ORDER BY id) FROM categories") == "All,Cups");
  CHECK(app.server("SELECT count(*) FROM cart_items") == "0");
}

TEST_CASE("in ordinary mode the server's triggers rewrite updated_at once a change, and never again") {
  App app("shop", PostgresCluster::kOwner);
  app.start();
  const std::string version = "SELECT xmin, updated_at FROM products WHERE id = 1";
  CHECK(differences_by_value(app) == "");  // a copy inserts, and the triggers are for updates
  app.run("UPDATE products SET price = 18.5, updated_at = '2024-05-01 10:00:00' WHERE id = 1");
  must_flush(app.daemon);
  CHECK(app.server("SELECT updated_at > '2025-01-01' FROM products WHERE id = 1") == "t");
  const std::string after = app.server(version);
  must_flush(app.daemon);
  app.daemon.stop();
  app.start();
  app.run("UPDATE products SET price = 9 WHERE id = 2");
  must_flush(app.daemon);
  CHECK(differences_by_value(app, {"updated_at"}) == "");
  CHECK(app.server(version) == after);
}

TEST_CASE("categories that exchange their slugs halt in ordinary mode with remedies, each of which works") {
  App app("shop", PostgresCluster::kOwner);
  app.start();
  app.run(
      "BEGIN; UPDATE categories SET slug = 'aside' WHERE id = 3; UPDATE categories SET slug = 'tea' WHERE id "
      "= 5;"
      "UPDATE categories SET slug = 'drinks' WHERE id = 3; UPDATE products SET stock = 41 WHERE id = 1; "
      "COMMIT");
  wait_for_state(app.daemon, "halted");
  const auto error = app.status().at("error");
  CAPTURE(error.dump());
  CHECK(error.at("code") == "unique_exchange");
  CHECK(error.at("table") == "categories");
  CHECK(error.at("column") == "slug");
  const std::string hint = error.at("hint");
  CHECK(hint.find("GRANT SET ON PARAMETER session_replication_role TO owner") != std::string::npos);
  CHECK(app.server("SELECT stock FROM products WHERE id = 1") == "40");
  SUBCASE("a deferrable constraint") {
    CHECK(hint.find("DEFERRABLE") != std::string::npos);
    app.server(
        "ALTER TABLE categories DROP CONSTRAINT categories_slug_key;"
        "ALTER TABLE categories ADD CONSTRAINT categories_slug_key UNIQUE (slug) DEFERRABLE");
  }
  SUBCASE("a column that takes NULL") {
    CHECK(hint.find("let the column take NULL") != std::string::npos);
    app.server("ALTER TABLE categories ALTER COLUMN slug DROP NOT NULL");
  }
  CHECK(app.daemon.ctl({"retry"}).exit_code == 0);
  support::wait_until("the slugs are exchanged", [&] {
    return app.server("SELECT slug FROM categories WHERE id IN (3, 5) ORDER BY id") == "drinks\ntea";
  });
  CHECK(differences_by_value(app, {"updated_at"}) == "");
}

}  // namespace sluice::e2e
