#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/tcp_relay.h"

namespace sluice::e2e {

/// A source with the table parcels(id, content), its target behind a relay, and a daemon that has not been
/// started. Postgres remembers every row that is inserted.
struct Parcels {
  explicit Parcels(const std::string& settings = "",
                   const std::string& role = support::PostgresCluster::kReplicaOwner)
      : database(cluster.create_database(role)),
        daemon(hasty(shop(source.path(), relay.url(database, role), settings))) {
    source.exec("CREATE TABLE parcels (id INTEGER PRIMARY KEY, content TEXT)");
    cluster.psql(database, "CREATE TABLE parcels (id bigint PRIMARY KEY, content text)", role);
    count_inserts(cluster, database, "parcels", role);
  }

  /// A link that breaks a hundred times is not waited for as one that is gone.
  static std::string hasty(std::string config) {
    const std::string wait = "initial: 50ms";
    return config.replace(config.find(wait), wait.size(), "initial: 5ms");
  }

  /// Starts the daemon, and waits until the copy of what is there is done.
  void start() {
    daemon.start();
    must_flush(daemon);
    relay.reset_counts();
  }

  /// Adds rows in one transaction.
  void add(int rows, int bytes) {
    source.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(rows) + ") INSERT INTO parcels (content) SELECT hex(randomblob(" +
                std::to_string(bytes / 2) + ")) FROM n");
  }

  std::string server(const std::string& sql) const { return cluster.psql(database, sql); }
  std::string differences() {
    return support::listed_differences(source, cluster, database, {"parcels", "", {"id"}});
  }

  /// The source's keys are never used again, so no key was inserted twice.
  void check_inserted_once() const {
    CHECK(server("SELECT count(*) - count(DISTINCT key) FROM inserted_into_parcels") == "0");
  }

  /// Has the daemon told of this state?
  bool has_been(const std::string& state) const {
    return daemon.log().find("pipeline_state pipeline=shop state=" + state) != std::string::npos;
  }

  support::PostgresCluster& cluster = support::shared_cluster();
  support::SqliteFile source;
  std::string database;
  support::TcpRelay relay{cluster.socket()};
  support::DaemonProcess daemon;
};

}  // namespace sluice::e2e
