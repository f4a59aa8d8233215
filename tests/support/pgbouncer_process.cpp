#include "tests/support/pgbouncer_process.h"

#include <fstream>
#include <stdexcept>

namespace sluice::support {

namespace {

constexpr int kPort = 6432;

void write_users(const std::filesystem::path& file) {
  std::ofstream users(file);
  for (const char* role :
       {PostgresCluster::kSuperuser, PostgresCluster::kOwner, PostgresCluster::kReplicaOwner}) {
    users << '"' << role << "\" \"\"\n";
  }
}

void write_settings(const std::filesystem::path& folder, const PostgresCluster& cluster, int pool_size) {
  std::ofstream(folder / "pgbouncer.ini")
      << "[databases]\n* = host=" << cluster.socket_folder().string() << " port=5432\n"
      << "[pgbouncer]\nlisten_addr =\nlisten_port = " << kPort << "\nunix_socket_dir = " << folder.string()
      << "\nauth_type = trust\nauth_file = " << (folder / "users").string()
      << "\npool_mode = transaction\ndefault_pool_size = " << pool_size << "\nmin_pool_size = " << pool_size
      << "\nserver_round_robin = 1\nserver_login_retry = 1\n";
}

}  // namespace

PgbouncerProcess::PgbouncerProcess(const PostgresCluster& cluster, int pool_size) {
  write_users(dir_ / "users");
  write_settings(dir_.path(), cluster, pool_size);
  process_ = std::make_unique<Process>(
      Command{.arguments = {"/usr/sbin/pgbouncer", dir_ / "pgbouncer.ini"}, .output = dir_ / "log"});
  // The socket is there a moment before anybody listens at it.
  wait_until("pgbouncer listens", [&] {
    if (!process_->running()) {
      throw std::runtime_error("pgbouncer ended at its start (package pgbouncer): " + log());
    }
    return log().find("process up") != std::string::npos;
  });
}

std::string PgbouncerProcess::url(const std::string& database, const std::string& user) const {
  return postgres_url(dir_.path(), kPort, database, user);
}

}  // namespace sluice::support
