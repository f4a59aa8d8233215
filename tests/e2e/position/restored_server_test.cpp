// Postgres restored to an earlier point, from a copy of its files: it is caught up from the ring, or copied
// again where the ring has passed by.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/position/served.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

/// One for all tests of this file: each takes a database of its own, and puts all of them back.
PostgresCluster& own_cluster() {
  static PostgresCluster cluster;
  return cluster;
}

struct Scene {
  explicit Scene(const std::string& settings = "")
      : database(cluster.create_database(PostgresCluster::kReplicaOwner)), served(settings) {
    served.start(cluster.url(database, PostgresCluster::kReplicaOwner));
  }

  /// The files as they are now; the server is away for a moment.
  void save() {
    cluster.stop();
    cluster.save_files();
    cluster.start();
    must_flush(served.daemon);
  }

  void restore() {
    cluster.stop(support::StopMode::immediate);
    cluster.restore_files();
    cluster.start();
  }

  std::string differences() { return served.differences(cluster, database); }

  PostgresCluster& cluster = own_cluster();
  std::string database;
  Served served;
};

}  // namespace

TEST_CASE("a server that is restored to an earlier point is caught up from the ring, and nothing is copied") {
  Scene scene;
  scene.save();
  for (const bool running : {true, false}) {
    CAPTURE(running);
    scene.served.source.exec(added(30) +
                             "DELETE FROM stock WHERE id = 4; UPDATE stock SET amount = -1 WHERE id = 5");
    scene.served.source.exec(
        "INSERT OR REPLACE INTO stock VALUES(6, 'again', 6); UPDATE stock SET id = 4000 WHERE id = 7");
    must_flush(scene.served.daemon);
    CHECK(scene.differences() == "");
    if (!running) scene.served.daemon.stop();
    scene.restore();
    CHECK(scene.cluster.psql(scene.database, "SELECT count(*) FROM stock") == "100");
    if (!running) scene.served.daemon.start();
    // It is noticed when the server is spoken to next; nobody has written to the file since.
    must_flush(scene.served.daemon);
    CHECK(scene.differences() == "");
    CHECK(pipeline_status(scene.served.daemon).at("state") == "streaming");
    scene.served.source.exec(added(2));
    must_flush(scene.served.daemon);
    CHECK(scene.differences() == "");
  }
  CHECK(pipeline_status(scene.served.daemon).at("totals").at("rows_copied") == 0);
}

TEST_CASE("where the ring has passed by, a restored server is copied again by itself") {
  Scene scene("    changelog:\n      capacity: 50\n");
  scene.save();
  for (int i = 0; i < 3; ++i) {
    scene.served.source.exec("UPDATE stock SET amount = amount + 1 WHERE id <= 60");
    must_flush(scene.served.daemon);
  }
  scene.restore();
  must_flush(scene.served.daemon);
  CHECK(scene.differences() == "");
  CHECK(pipeline_status(scene.served.daemon).at("totals").at("rows_copied") >= 100);
  CHECK(pipeline_status(scene.served.daemon).at("state") == "streaming");
}

TEST_CASE("where that would delete much, the restored server is left alone until a resync agrees") {
  Scene scene("    changelog:\n      capacity: 50\n");
  scene.save();
  for (int most = 80; most >= 20; most -= 20) {
    scene.served.source.exec("DELETE FROM stock WHERE id > " + std::to_string(most));
    must_flush(scene.served.daemon);
  }
  CHECK(scene.differences() == "");
  scene.restore();
  flush(scene.served.daemon);
  wait_for_state(scene.served.daemon, "diverged");
  CHECK(pipeline_status(scene.served.daemon).at("error").at("code") == "resync_would_delete");
  CHECK(scene.cluster.psql(scene.database, "SELECT count(*) FROM stock") == "100");
  CHECK(scene.served.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(scene.differences() == "");
}

}  // namespace sluice::e2e
