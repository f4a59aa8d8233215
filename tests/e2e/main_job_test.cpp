// The main job on the schema of a real application: server tables with triggers and foreign keys of their
// own.

#include <doctest/doctest.h>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/wait_until.h"

using namespace sluice::support;
using namespace sluice::e2e;

namespace {

const std::vector<TablePair> kTables{
    {"packages", "public.packages", {"id"}},
    {"package_categories", "public.package_categories", {"id"}},
    {"package_category_relations", "public.package_category_relations", {"id"}}};

/// The application's file, the server's schema, and a daemon between them.
struct Scene {
  std::string role;
  PostgresCluster& cluster = shared_cluster();
  std::string database;
  SqliteFile source;
  DaemonProcess daemon;

  explicit Scene(std::string role_, const std::string& settings = "")
      : role(std::move(role_)),
        database(cluster.create_database(role)),
        daemon(shop(source.path(), cluster.url(database, role), settings)) {
    cluster.psql(database, read_file(SLUICE_DEMO "/postgres.sql"), role);
    source.exec(read_file(SLUICE_DEMO "/sqlite.sql"));
    source.exec(
        "PRAGMA foreign_keys = ON;"
        "INSERT INTO package_categories(id, name) VALUES (1, 'net'), (2, 'doc');"
        "INSERT INTO packages(id, name, description, link, reason, updated_at) VALUES"
        " (1, 'curl', 'a client', 'https://curl.se', 'net', '2001-02-03 04:05:06'),"
        " (2, 'man-db', 'pages', '', 'doc', '2001-02-03 04:05:06');"
        "INSERT INTO package_category_relations(package_id, category_id) VALUES (1, 1), (2, 2)");
  }

  void check_equal() {
    for (const auto& table : kTables) {
      CAPTURE(table.source);
      CHECK(listed_differences(source, cluster, database, table) == "");
    }
  }

  std::string query(const std::string& sql) { return cluster.psql(database, sql); }
};

}  // namespace

TEST_SUITE("main_job") {
  TEST_CASE("in replica mode everything works and the server's updated_at equals SQLite's") {
    Scene scene(PostgresCluster::kReplicaOwner);
    scene.daemon.start();
    must_flush(scene.daemon);
    CHECK(pipeline_status(scene.daemon)["target"]["apply_mode"] == "replica");
    scene.check_equal();

    scene.source.exec(
        "UPDATE package_categories SET name = 'network' WHERE id = 1;"
        "UPDATE packages SET reason = 'https' WHERE id = 1;"
        "UPDATE package_category_relations SET category_id = 2 WHERE package_id = 1;"
        "INSERT INTO packages(name, description, link, reason, updated_at)"
        " VALUES ('wget', 'another', '', 'net', '1999-12-31 23:59:59');"
        "DELETE FROM packages WHERE id = 2");
    const auto answer = must_flush(scene.daemon);
    CHECK(answer["quarantined"] == 0);
    scene.check_equal();
    CHECK(scene.query("SELECT count(*) FROM package_category_relations") == "1");
    CHECK(scene.query("SELECT updated_at FROM packages WHERE name = 'wget'") == "1999-12-31 23:59:59");
  }

  TEST_CASE("without flushes every commit arrives by itself") {
    Scene scene(PostgresCluster::kReplicaOwner);
    scene.daemon.start();
    must_flush(scene.daemon);
    for (int i = 0; i < 20; ++i) {
      scene.source.exec("UPDATE packages SET reason = 'round " + std::to_string(i) + "' WHERE id = 1");
      wait_until("the change is there", [&] {
        return scene.query("SELECT reason FROM packages WHERE id = 1") == "round " + std::to_string(i);
      });
    }
  }

  TEST_CASE(
      "in ordinary mode the first update that the server's trigger breaks halts, and a GRANT heals it") {
    Scene scene(PostgresCluster::kOwner);
    scene.daemon.start();
    must_flush(scene.daemon);
    scene.source.exec(
        "INSERT INTO package_categories(id, name) VALUES (3, 'admin');"
        "DELETE FROM packages WHERE id = 2");
    must_flush(scene.daemon);
    CHECK(pipeline_status(scene.daemon)["target"]["apply_mode"] == "ordinary");
    scene.check_equal();

    scene.source.exec("UPDATE package_categories SET updated_at = '2002-02-02 02:02:02' WHERE id = 1");
    const auto refused = flush(scene.daemon);
    CHECK(refused.status == 409);
    CHECK(refused.json["error"]["code"] == "halted");
    CHECK(refused.json["error"]["hint"].get<std::string>().find(
              "GRANT SET ON PARAMETER session_replication_role"
              " TO owner") != std::string::npos);
    const auto status = pipeline_status(scene.daemon);
    CHECK(status["state"] == "halted");
    CHECK(status["error"]["class"] == "table");
    CHECK(status["error"]["table"] == "package_categories");
    CHECK(status["error"]["key"] == "1");
    CHECK(status["error"]["sqlstate"] == "42703");
    CHECK(status["error"]["message"].get<std::string>().find("update_at") != std::string::npos);
    CHECK(status["position"]["pending"].get<int>() > 0);

    // Changes behind it wait, and nothing of them is lost.
    scene.source.exec("INSERT INTO package_categories(id, name) VALUES (4, 'later')");
    CHECK(flush(scene.daemon).status == 409);
    CHECK(scene.query("SELECT count(*) FROM package_categories WHERE id = 4") == "0");

    scene.query("GRANT SET ON PARAMETER session_replication_role TO " + scene.role);
    const auto retry = scene.daemon.http("POST", "/v1/retry");
    CHECK(retry.status == 200);
    wait_for_state(scene.daemon, "streaming");
    must_flush(scene.daemon);
    scene.check_equal();
    CHECK(pipeline_status(scene.daemon)["error"].is_null());
    CHECK(scene.query("SELECT updated_at FROM package_categories WHERE id = 1") == "2002-02-02 02:02:02");
    scene.query("REVOKE SET ON PARAMETER session_replication_role FROM " + scene.role);
  }

  TEST_CASE("in manual mode nothing moves before the button is pressed") {
    Scene scene(PostgresCluster::kReplicaOwner, "    mode: manual\n");
    scene.daemon.start();
    wait_for_state(scene.daemon, "idle");
    CHECK(scene.query("SELECT count(*) FROM packages") == "0");
    must_flush(scene.daemon);
    scene.check_equal();
    scene.source.exec("UPDATE packages SET reason = 'pressed' WHERE id = 1");
    wait_until("the status counts the change",
               [&] { return pipeline_status(scene.daemon)["position"]["pending"].get<int>() > 0; });
    CHECK(scene.query("SELECT reason FROM packages WHERE id = 1") == "net");
    CHECK(must_flush(scene.daemon)["outcome"] == "flushed");
    CHECK(must_flush(scene.daemon)["outcome"] == "nothing_to_do");
    scene.check_equal();
    CHECK(pipeline_status(scene.daemon)["state"] == "idle");
  }
}
