// Sessions that are lost, left behind or in each other's way: the position row decides, never the belief of a
// daemon.

#include <doctest/doctest.h>

#include <pqxx/pqxx>
#include <string>

#include "tests/e2e/position/served.h"
#include "tests/support/tcp_relay.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;
using support::TcpRelay;
using support::wait_until;
using Direction = TcpRelay::Direction;

const std::string kRole = PostgresCluster::kReplicaOwner;

/// A daemon whose server is behind a relay, with its first copy done; every insert is counted from then on.
struct Relayed {
  Relayed() : database(cluster.create_database(kRole)), relay(cluster.socket()) {
    served.start(relay.url(database, kRole));
    count_inserts(cluster, database, "stock", kRole);
  }

  std::string ask(const std::string& sql) const { return cluster.psql(database, sql); }

  /// Sessions of the daemon that are in a transaction, waiting or idle.
  std::string sessions_at_work() const {
    return ask(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice/shop'"
        " AND datname = current_database() AND xact_start IS NOT NULL");
  }

  void check_once() {
    CHECK(served.differences(cluster, database) == "");
    CHECK(ask("SELECT count(*) - count(DISTINCT key) FROM inserted_into_stock") == "0");
    CHECK(ask("SELECT count(*) FROM inserted_into_stock") == ask("SELECT count(*) - 100 FROM stock"));
  }

  PostgresCluster& cluster = support::shared_cluster();
  std::string database;
  TcpRelay relay;
  Served served;
};

/// Somebody who holds a row of the target, so that whoever writes to it waits.
struct Blocker {
  explicit Blocker(const Relayed& scene)
      : connection(scene.cluster.url(scene.database, kRole)), work(connection) {
    work.exec("SELECT 1 FROM stock WHERE id = 1 FOR UPDATE");
  }
  void let_go() { work.abort(); }

  pqxx::connection connection;
  pqxx::work work;
};

const std::string kBlocked = "UPDATE stock SET amount = -1 WHERE id = 1;";

}  // namespace

TEST_CASE(
    "a commit whose answer is lost is known by the position, also to a daemon that was killed before it "
    "could look") {
  for (const int rows : {5, 3000}) {
    for (const bool killed : {false, true}) {
      CAPTURE(rows);
      CAPTURE(killed);
      Relayed scene;
      // Continuous: the batch goes over by itself, and the first byte of its last answer is lost.
      scene.served.daemon.signal(SIGSTOP);
      scene.served.source.exec(added(rows));
      if (rows == 5) scene.relay.cut_after(Direction::to_client, 0);
      scene.served.daemon.signal(SIGCONT);
      if (rows == 5) {
        wait_until("the batch was committed",
                   [&] { return scene.ask("SELECT count(*) FROM stock") == "105"; });
      } else {
        wait_until("the batch is under way", [&] {
          return scene.sessions_at_work() != "0" || scene.ask("SELECT count(*) FROM stock") == "3100";
        });
        scene.relay.cut();
      }
      if (killed) scene.served.daemon.kill();
      if (killed) scene.served.daemon.start();
      scene.served.wait_until_applied(scene.cluster, scene.database);
      scene.check_once();
    }
  }
}

TEST_CASE("a commit that never reached the server is made again") {
  for (const int rows : {5, 3000}) {
    CAPTURE(rows);
    Relayed scene;
    scene.served.daemon.signal(SIGSTOP);
    scene.served.source.exec(added(rows));
    scene.relay.cut_after(Direction::to_server, 200);
    scene.served.daemon.signal(SIGCONT);
    scene.served.wait_until_applied(scene.cluster, scene.database);
    scene.check_once();
  }
}

TEST_CASE("a backend that a lost connection left behind is ended, and the position read after it") {
  Relayed scene;
  Blocker blocker(scene);
  SUBCASE("in a small batch") {
    scene.served.source.exec("BEGIN;" + kBlocked + added(5) + "COMMIT");
  }
  SUBCASE("in a large batch") {
    scene.served.source.exec("BEGIN;" + kBlocked + added(3000) + "COMMIT");
  }
  wait_until("the batch waits for a row", [&] {
    return scene.ask(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice/shop'"
               " AND datname = current_database() AND wait_event_type = 'Lock'") == "1";
  });
  const std::string orphan = scene.ask(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'sluice/shop'"
      " AND datname = current_database() AND wait_event_type = 'Lock'");
  scene.relay.abandon();
  wait_until("the orphan has been ended by the daemon's new session",
             [&] { return scene.ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + orphan) == "0"; });
  blocker.let_go();
  scene.served.wait_until_applied(scene.cluster, scene.database);
  scene.check_once();
}

TEST_CASE("an orphan that nobody knows any more is waited for, and what it commits counts") {
  Relayed scene;
  Blocker blocker(scene);
  scene.served.source.exec("BEGIN;" + kBlocked + added(5) + "COMMIT");
  wait_until("the batch waits for a row", [&] { return scene.sessions_at_work() == "1"; });
  scene.relay.abandon();
  scene.served.daemon.kill();
  scene.served.daemon.launch();
  wait_until("the new session waits for the orphan", [&] {
    return scene.ask(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice/shop'"
               " AND datname = current_database() AND wait_event_type = 'Lock'") == "2";
  });
  blocker.let_go();
  scene.served.wait_until_applied(scene.cluster, scene.database);
  scene.check_once();
  CHECK(pipeline_status(scene.served.daemon).at("totals").at("changes_applied") == 0);
}

TEST_CASE("of two daemons on one pipeline none applies anything twice, and the fenced one says why") {
  Relayed scene;
  support::DaemonProcess second(shop(scene.served.source.path(), scene.cluster.url(scene.database, kRole)));
  second.start();
  std::string fenced;
  for (int i = 0; fenced.empty() && i < 200; ++i) {
    scene.served.source.exec(added(3));
    if (i % 20 == 0) scene.served.wait_until_applied(scene.cluster, scene.database);
    for (const auto* daemon : {&second, &scene.served.daemon}) {
      const std::string log = daemon->log();
      if (const auto at = log.find("is not where this daemon left it"); at != std::string::npos)
        fenced = log.substr(at);
    }
  }
  CHECK(fenced.find("another daemon") != std::string::npos);
  scene.served.wait_until_applied(scene.cluster, scene.database);
  scene.check_once();
  // One alone goes on as if nothing had been.
  second.stop();
  scene.served.source.exec(added(3));
  must_flush(scene.served.daemon);
  scene.check_once();
}

}  // namespace sluice::e2e
