#pragma once

#include <string>

#include "tests/e2e/position/stock.h"
#include "tests/support/compare.h"

namespace sluice::e2e {

/// A source with the table of goods and a daemon that is yet to be told of its server, for tests that stop,
/// exchange or hide one.
struct Served {
  explicit Served(const std::string& settings = "") : settings_(settings), daemon("") { source.exec(kStock); }

  /// Replicates to a database under this URL, and waits for the end of the first copy.
  void start(const std::string& url) {
    daemon.configure(shop(source.path(), url, settings_));
    daemon.start();
    must_flush(daemon);
  }

  std::string differences(const support::PostgresCluster& cluster, const std::string& database) {
    return support::listed_differences(source, cluster, database, {"stock", "", {"id"}});
  }

  std::string newest() { return source.rows("SELECT max(seq) FROM _sluice_changelog"); }

  /// Waits until a server holds everything, without asking for it.
  void wait_until_applied(const support::PostgresCluster& cluster, const std::string& database) {
    support::wait_until("everything has arrived by itself", [&] {
      try {
        return cluster.psql(database, "SELECT position FROM sluice.pipeline") == newest();
      } catch (const std::exception&) {
        return false;  // it is still starting
      }
    });
  }

 private:
  std::string settings_;

 public:
  support::SqliteFile source;
  support::DaemonProcess daemon;
};

}  // namespace sluice::e2e
