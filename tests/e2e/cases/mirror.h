#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"

namespace sluice::e2e {

struct MirrorOptions {
  std::string journal_mode = "wal";
  std::string settings;  ///< more lines under the pipeline, as for shop()
  std::string role = support::PostgresCluster::kReplicaOwner;
};

/// An application's file, the real daemon, and the Postgres database that has to be its mirror. Used from one
/// thread.
struct Mirror {
  /// Makes the file with `schema`, as the application would before it ever heard of us. Starts nothing.
  explicit Mirror(const std::string& schema, const MirrorOptions& options = {});

  /// Starts the daemon and waits for the end of the first copy.
  void start();

  /// Runs statements as the application does. Throws SQLite::Exception where SQLite refuses one.
  void run(const std::string& sql) { source.exec(sql); }

  /// Runs a statement that SQLite may refuse: what it says then, else an empty text.
  std::string attempt(const std::string& sql);

  /// Asks for a flush and lists what then differs between the two sides, one line a difference; empty where
  /// the target is an exact copy. Tables that are neither captured nor reported as left out are differences.
  std::string differences();

  /// The same without a flush: what the target shows now.
  std::string differences_now();

  nlohmann::json status() { return pipeline_status(daemon); }
  std::string server(const std::string& sql) const { return cluster.psql(database, sql, role); }

  support::PostgresCluster& cluster = support::shared_cluster();
  std::string role;
  std::string database;
  support::SqliteFile source;
  support::DaemonProcess daemon;
};

}  // namespace sluice::e2e
