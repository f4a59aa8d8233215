#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/postgres_cluster.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace sluice::support {

/// A private pgbouncer in transaction mode in front of a cluster, on a UNIX socket in a temporary folder
/// only. Its pools are small, and clients get the backends in turn, so that no client meets the same one for
/// long. Used from one thread. Throws std::runtime_error, with its log, where it does not start.
class PgbouncerProcess {
 public:
  explicit PgbouncerProcess(const PostgresCluster& cluster, int pool_size = 3);
  PgbouncerProcess(const PgbouncerProcess&) = delete;
  PgbouncerProcess& operator=(const PgbouncerProcess&) = delete;

  /// A libpq URL that goes through it.
  std::string url(const std::string& database, const std::string& user) const;
  std::string log() const { return read_file(dir_ / "log"); }

 private:
  TempDir dir_;
  std::unique_ptr<Process> process_;
};

}  // namespace sluice::support
