#pragma once

#include <string>
#include <vector>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"

namespace sluice::e2e {

/// A source with the table packages(id, name), two rows in it, its target, and a daemon that has not been
/// started.
struct Store {
  explicit Store(
      const std::string& settings = "", const std::string& role = support::PostgresCluster::kReplicaOwner,
      const std::string& target_table = "CREATE TABLE packages (id bigint PRIMARY KEY, name varchar(20))");

  /// Runs SQL on the server as the owner of the tables.
  std::string server(const std::string& sql) const { return cluster.psql(database, sql, role); }
  std::string names() const { return server("SELECT string_agg(name, ' ' ORDER BY id) FROM packages"); }
  nlohmann::json status() { return pipeline_status(daemon); }
  std::string differences();

  /// Starts the daemon and waits for the first copy.
  void start();
  /// Adds a row that the server's column is too narrow for, and waits until the pipeline stands before it.
  void halt();

  support::PostgresCluster& cluster = support::shared_cluster();
  std::string role;
  std::string database;
  support::SqliteFile source;
  support::DaemonProcess daemon;
};

/// A failure of sluicectl or sluiced: the exit code, and one line on standard error that names `reason` and
/// goes on with a remedy.
void check_failure(const support::Outcome& outcome, int exit_code, const std::string& reason);

/// An error of the control channel, with a message and a hint.
void check_error(const support::HttpAnswer& answer, int status, const std::string& code);

/// Runs one of the programs of this build from a shell in which standard input is no terminal.
support::Outcome run_program(const std::string& variable, const std::string& built,
                             const std::vector<std::string>& arguments);
support::Outcome sluiced(const std::vector<std::string>& arguments);
support::Outcome sluicectl(const std::vector<std::string>& arguments);

}  // namespace sluice::e2e
