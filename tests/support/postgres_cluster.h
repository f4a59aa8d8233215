#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace sluice::support {

/// How a server is brought down: `fast` ends sessions cleanly, `immediate` is a crash.
enum class StopMode { fast, immediate };

/// A private throwaway Postgres of the newest installed version, on a UNIX socket in a temporary folder only.
/// Everyone who reaches the socket is trusted. Nothing is synced to disk: it survives a crash of the server,
/// not one of the machine. Used from one thread. Throws std::runtime_error, with the server's log, where it
/// fails.
class PostgresCluster {
 public:
  static constexpr const char* kSuperuser = "postgres";
  /// An ordinary role; it owns databases, and triggers of its tables fire.
  static constexpr const char* kOwner = "owner";
  /// An ordinary role that may also set session_replication_role (where the server knows that right: 15 and
  /// later).
  static constexpr const char* kReplicaOwner = "replica_owner";

  /// Makes and starts a cluster with additional lines for postgresql.conf, e.g. "wal_level = logical", and
  /// variables for its environment. Refuses to run as root, as Postgres itself does.
  explicit PostgresCluster(std::vector<std::string> settings = {}, Environment environment = {});
  /// Makes and starts a hot standby of another cluster, which follows it without holding it up.
  struct StandbyOf {
    const PostgresCluster& primary;
  };
  explicit PostgresCluster(StandbyOf of);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  void start();
  void stop(StopMode mode = StopMode::fast);
  void restart(StopMode mode = StopMode::fast);

  /// Of a stopped cluster: keeps a copy of all its files, and later puts that back in the place of what has
  /// become of them.
  void save_files();
  void restore_files();

  /// Of a standby: stops following its primary; and becomes a server of its own.
  void stop_following();
  void promote();

  /// Stops every process of the server in its tracks (SIGSTOP): connections stay open and nothing answers.
  void pause();
  /// Ends a pause().
  void cont();

  /// Makes an empty database that belongs to `owner` and answers its name, new in this cluster.
  std::string create_database(const std::string& owner = kOwner);

  std::string url(const std::string& database, const std::string& user = kOwner) const;
  /// The folder of the socket, libpq's `host`.
  const std::filesystem::path& socket_folder() const { return dir_.path(); }
  /// The socket itself, for a relay.
  std::filesystem::path socket() const { return dir_ / ".s.PGSQL.5432"; }
  pid_t pid() const;
  std::string log() const { return read_file(dir_ / "log"); }

  /// Runs SQL, one or several statements, in one implicit transaction. The last result: a line a row, values
  /// parted by '|', NULL as NULL. Throws pqxx::sql_error.
  std::string psql(const std::string& database, const std::string& sql,
                   const std::string& user = kSuperuser) const;

 private:
  bool answers() const;
  void copy_files(const std::string& from, const std::string& to);
  std::vector<pid_t> processes() const;

  TempDir dir_;
  Environment environment_;
  std::vector<pid_t> paused_;
  std::unique_ptr<Process> server_;
};

/// The cluster that all tests of this program share, started at first use and stopped at the program's end:
/// take a database of your own from it. Tests that stop the server make their own cluster.
PostgresCluster& shared_cluster();

/// A libpq URL for a server reached through `host` (a socket's folder or an address) and `port`.
std::string postgres_url(const std::string& host, int port, const std::string& database,
                         const std::string& user);

}  // namespace sluice::support
