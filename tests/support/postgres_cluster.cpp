#include "tests/support/postgres_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace sluice::support {

namespace {

std::filesystem::path newest_program_folder() {
  std::filesystem::path best;
  int best_version = 0;
  const std::filesystem::path root = "/usr/lib/postgresql";
  if (std::filesystem::exists(root)) {
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      const int version = std::atoi(entry.path().filename().c_str());
      if (version > best_version && std::filesystem::exists(entry.path() / "bin" / "initdb")) {
        best_version = version;
        best = entry.path() / "bin";
      }
    }
  }
  if (best.empty()) {
    throw std::runtime_error(
        "no Postgres server in /usr/lib/postgresql/*/bin; install the package postgresql");
  }
  return best;
}

void refuse_root() {
  if (geteuid() == 0) {
    throw std::runtime_error(
        "Postgres does not run as root: run the tests as an ordinary user, as scripts/test does");
  }
}

void initialise(const std::filesystem::path& data, const std::vector<std::string>& settings) {
  const Outcome made =
      run({.arguments = {newest_program_folder() / "initdb", "--no-sync", "-A", "trust", "--locale",
                         "C.UTF-8", "-E", "UTF8", "-U", PostgresCluster::kSuperuser, "-D", data}});
  if (made.exit_code != 0) {
    throw std::runtime_error("initdb failed: " + made.err);
  }
  std::ofstream conf(data / "postgresql.conf", std::ios::app);
  // The database is thrown away, so durability is not worth its time.
  conf << "listen_addresses = ''\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
          "shared_buffers = '32MB'\nmax_wal_senders = 4\nlogging_collector = off\nlog_line_prefix = '%m [%p] "
          "'\n"
          "autovacuum_naptime = '1h'\n";
  for (const std::string& line : settings) {
    conf << line << '\n';
  }
}

std::string encoded(const std::string& text) {
  std::ostringstream result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      result << c;
    } else {
      static constexpr const char* kDigits = "0123456789ABCDEF";
      result << '%' << kDigits[byte >> 4] << kDigits[byte & 15];
    }
  }
  return result.str();
}

}  // namespace

PostgresCluster::PostgresCluster(std::vector<std::string> settings, Environment environment)
    : environment_(std::move(environment)) {
  refuse_root();
  environment_.insert({{"PGPORT", std::nullopt}, {"LC_ALL", "C.UTF-8"}});
  initialise(dir_ / "data", settings);
  start();
  psql("postgres", std::string("CREATE ROLE ") + kOwner + " LOGIN");
  psql("postgres", std::string("CREATE ROLE ") + kReplicaOwner + " LOGIN");
  if (std::stoi(psql("postgres", "SHOW server_version_num")) >= 150000) {
    psql("postgres", std::string("GRANT SET ON PARAMETER session_replication_role TO ") + kReplicaOwner);
  }
}

PostgresCluster::PostgresCluster(StandbyOf of) {
  refuse_root();
  const Outcome made = run({.arguments = {newest_program_folder() / "pg_basebackup", "--no-sync", "-c",
                                          "fast", "-R", "-X", "stream", "-h", of.primary.socket_folder(),
                                          "-p", "5432", "-U", kSuperuser, "-D", dir_ / "data"}});
  if (made.exit_code != 0) {
    throw std::runtime_error("pg_basebackup failed: " + made.err);
  }
  start();
}

PostgresCluster::~PostgresCluster() {
  try {
    cont();
    stop(StopMode::immediate);
  } catch (const std::exception&) {
    server_.reset();  // kills what did not stop
  }
}

void PostgresCluster::start() {
  // The server clears a stale pid file itself; SIGQUIT makes it end its children too should the test crash.
  server_ = std::make_unique<Process>(
      Command{.arguments = {newest_program_folder() / "postgres", "-D", dir_ / "data", "-k", dir_.path()},
              .environment = environment_,
              .output = dir_ / "log",
              .on_parent_death = SIGQUIT});
  wait_until("Postgres answers", [this] {
    if (!server_->running()) {
      throw std::runtime_error("Postgres ended at its start: " + log());
    }
    return answers();
  });
}

void PostgresCluster::stop(StopMode mode) {
  if (!server_) {
    return;
  }
  server_->signal(mode == StopMode::fast ? SIGINT : SIGQUIT);
  server_->wait();
  server_.reset();
}

void PostgresCluster::restart(StopMode mode) {
  stop(mode);
  start();
}

void PostgresCluster::save_files() {
  copy_files("data", "saved");
}

void PostgresCluster::restore_files() {
  copy_files("saved", "data");
}

void PostgresCluster::copy_files(const std::string& from, const std::string& to) {
  if (server_) {
    throw std::logic_error("the files of a running server are not of one moment");
  }
  std::filesystem::remove_all(dir_ / to);
  std::filesystem::copy(dir_ / from, dir_ / to, std::filesystem::copy_options::recursive);
  std::filesystem::permissions(dir_ / to, std::filesystem::perms::owner_all);
}

void PostgresCluster::stop_following() {
  psql("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
  psql("postgres", "SELECT pg_reload_conf()");
  wait_until("the standby has let go of its primary",
             [this] { return psql("postgres", "SELECT count(*) FROM pg_stat_wal_receiver") == "0"; });
}

void PostgresCluster::promote() {
  psql("postgres", "SELECT pg_promote()");
}

void PostgresCluster::pause() {
  // The postmaster first: it can start no further process then.
  kill(pid(), SIGSTOP);
  paused_ = processes();
  for (const pid_t process : paused_) {
    kill(process, SIGSTOP);
  }
}

void PostgresCluster::cont() {
  for (const pid_t process : paused_) {
    kill(process, SIGCONT);
  }
  if (!paused_.empty()) {
    kill(pid(), SIGCONT);
  }
  paused_.clear();
}

std::string PostgresCluster::create_database(const std::string& owner) {
  static int number = 0;
  const std::string name = "db" + std::to_string(++number);
  psql("postgres", "CREATE DATABASE " + name + " OWNER " + owner);
  return name;
}

std::string PostgresCluster::url(const std::string& database, const std::string& user) const {
  return postgres_url(socket_folder(), 5432, database, user);
}

pid_t PostgresCluster::pid() const {
  if (!server_) {
    throw std::logic_error("the cluster is stopped");
  }
  return server_->pid();
}

std::string PostgresCluster::psql(const std::string& database, const std::string& sql,
                                  const std::string& user) const {
  pqxx::connection connection(url(database, user));
  pqxx::nontransaction work(connection);
  const pqxx::result result = work.exec(sql);
  std::string text;
  for (const auto& row : result) {
    for (pqxx::row_size_type column = 0; column < row.size(); ++column) {
      text += column == 0 ? "" : "|";
      text += row[column].is_null() ? "NULL" : row[column].c_str();
    }
    text += '\n';
  }
  if (!text.empty()) {
    text.pop_back();
  }
  return text;
}

bool PostgresCluster::answers() const {
  try {
    return psql("postgres", "SELECT 1") == "1";
  } catch (const pqxx::failure&) {
    return false;
  }
}

std::vector<pid_t> PostgresCluster::processes() const {
  const std::string self = std::to_string(pid());
  std::istringstream children(read_file("/proc/" + self + "/task/" + self + "/children"));
  return {std::istream_iterator<pid_t>(children), std::istream_iterator<pid_t>()};
}

PostgresCluster& shared_cluster() {
  static PostgresCluster cluster;
  return cluster;
}

std::string postgres_url(const std::string& host, int port, const std::string& database,
                         const std::string& user) {
  return "postgresql:///" + encoded(database) + "?host=" + encoded(host) + "&port=" + std::to_string(port) +
         "&user=" + encoded(user);
}

}  // namespace sluice::support
