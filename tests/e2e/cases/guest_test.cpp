// The daemon is a guest in somebody's file: the application is never refused, its log stays small, and what
// it leaves behind is whole.

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/tcp_relay.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;
using support::SqliteFile;
using support::TempDir;
using support::wait_until;

constexpr int kPatientMs = 5000;

/// With a rollback journal those who never pause leave a reader no gap.
constexpr std::chrono::milliseconds kThinks{2};

const std::string kAccounts =
    "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, memo TEXT);"
    "INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
    "SELECT i, 0, hex(zeroblob(100)) FROM n";

std::filesystem::path log_of(const std::filesystem::path& file) {
  return file.string() + "-wal";
}

/// The size of the log; 0 where there is none.
std::uintmax_t log_size(const std::filesystem::path& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(log_of(file), none);
  return none ? 0 : size;
}

/// What an application has done, and what SQLite has refused to it, by extended error code.
struct Work {
  int transactions = 0;
  std::map<int, int> refused;
};

std::string account(int number) {
  return std::to_string(1 + number % 500);
}

void write(SQLite::Database& database, int number) {
  database.exec("UPDATE account SET balance = balance + 1 WHERE id = " + account(number));
}

/// As most object mappers do it: what is written depends on what was read, in a transaction that did not say
/// so.
void read_and_write(SQLite::Database& database, int number) {
  database.exec("BEGIN");
  const int balance =
      database.execAndGet("SELECT balance FROM account WHERE id = " + account(number)).getInt();
  database.exec("UPDATE account SET balance = " + std::to_string(balance + 1) +
                " WHERE id = " + account(number));
  database.exec("COMMIT");
}

/// Two connections of one application take turns, with single writes and with transactions that read before
/// they write, until it is told to end.
class Application {
 public:
  Application(const std::filesystem::path& file, int busy_timeout_ms, std::chrono::microseconds pause)
      : connections_{connect(file, busy_timeout_ms), connect(file, busy_timeout_ms)},
        pause_(pause),
        thread_([this] { work(); }) {}
  ~Application() { finish(); }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  Work finish() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
    return work_;
  }

 private:
  void work() {
    for (int number = 0; !enough_; ++number) {
      auto& connection = connections_.at(number / 2 % 2);
      try {
        number % 2 == 0 ? write(connection, number) : read_and_write(connection, number);
        ++work_.transactions;
      } catch (const SQLite::Exception& refused) {
        ++work_.refused[refused.getExtendedErrorCode()];
        connection.tryExec("ROLLBACK");
      }
      if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
    }
  }

  std::array<SQLite::Database, 2> connections_;
  std::chrono::microseconds pause_;
  std::atomic<bool> enough_ = false;
  Work work_;
  std::thread thread_;
};

/// Everything that keeps the daemon busy, for a while: flushes without a pause, and events of other files.
void disturb(Mirror& mirror, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (int number = 0; std::chrono::steady_clock::now() < end; ++number) {
    must_flush(mirror.daemon);
    std::ofstream(mirror.source.folder() / ("other" + std::to_string(number % 5))) << number;
  }
}

Work work_beside(Mirror& mirror, int busy_timeout_ms, std::chrono::microseconds pause = {}) {
  const std::chrono::milliseconds half{number_from("SLUICE_GUEST_SECONDS", 3) * 500};
  const auto batches = [&mirror] { return mirror.status().at("totals").at("batches").get<int>(); };
  const int before = batches();
  Application application(mirror.source.path(), busy_timeout_ms, pause);
  std::this_thread::sleep_for(half);  // the daemon goes by the events alone
  disturb(mirror, half);
  const Work work = application.finish();
  std::string refused;
  for (const auto& [code, times] : work.refused) {
    refused += ", " + std::to_string(times) + " times error " + std::to_string(code);
  }
  MESSAGE(work.transactions << " transactions beside " << batches() - before << " batches" << refused);
  return work;
}

MirrorOptions with_rollback_journal() {
  MirrorOptions options;
  options.journal_mode = "delete";
  return options;
}

/// Waits until the daemon has let go of the file, as it does with one that nobody writes to.
void wait_until_let_go(const Mirror& mirror) {
  wait_until("the daemon lets go of the file", [&] {
    for (const auto& open :
         std::filesystem::directory_iterator("/proc/" + std::to_string(mirror.daemon.pid()) + "/fd")) {
      std::error_code closed;
      if (std::filesystem::read_symlink(open, closed) == mirror.source.path()) return false;
    }
    return true;
  });
}

/// The application ends: its last connection is closed.
void close_application(Mirror& mirror) {
  mirror.source.database() = SQLite::Database(":memory:");
}
void open_application(Mirror& mirror) {
  mirror.source.database() = connect(mirror.source.path(), kPatientMs);
}

/// What somebody finds who copies the database file and nothing else.
std::string read_copy_of_file_alone(const Mirror& mirror) {
  const TempDir dir;
  std::filesystem::copy_file(mirror.source.path(), dir / "copy.db");
  SQLite::Database copy((dir / "copy.db").string(), SQLite::OPEN_READWRITE);
  return copy
      .execAndGet(
          "SELECT count(*) || ' ' || sum(balance * id) || ' ' || (SELECT quick_check FROM "
          "pragma_quick_check) FROM account")
      .getString();
}
std::string read_target(const Mirror& mirror) {
  return mirror.server("SELECT count(*) || ' ' || sum(balance * id) || ' ok' FROM account");
}

/// A pipeline with a server of its own, which can be taken away, behind a link that can be cut.
struct Outage {
  explicit Outage(const std::string& schema) {
    source.exec(schema);
    daemon.configure(shop(source.path(), relay.url(database, PostgresCluster::kReplicaOwner)));
  }

  std::string differences() {
    must_flush(daemon);
    return support::listed_differences(source, cluster, database, {"account", "", {"id"}});
  }

  PostgresCluster cluster;
  std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  support::TcpRelay relay{cluster.socket()};
  SqliteFile source;
  support::DaemonProcess daemon{""};
};

/// Writes ten times as much as the log may hold. The largest size that the log had.
std::uintmax_t write_much(SqliteFile& source) {
  constexpr int kTransactions = 1200;
  std::uintmax_t largest = 0;
  for (int number = 0; number < kTransactions; ++number) {
    source.exec("UPDATE account SET memo = hex(randomblob(100)) WHERE id <= 500 AND id % 10 = " +
                std::to_string(number % 10));
    largest = std::max(largest, log_size(source.path()));
  }
  return largest;
}

}  // namespace

TEST_CASE("case 35: in WAL mode an application that never waits for a lock is never refused") {
  Mirror mirror(kAccounts);
  mirror.start();
  const Work work = work_beside(mirror, 0);
  CHECK(work.refused.empty());
  CHECK(work.transactions > 100);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 35: with a rollback journal an application that waits for locks is never refused") {
  Mirror mirror(kAccounts, with_rollback_journal());
  mirror.start();
  const Work work = work_beside(mirror, kPatientMs, kThinks);
  CHECK(work.refused.empty());
  CHECK(work.transactions > 20);
  CHECK(mirror.differences() == "");
}

TEST_CASE(
    "case 35: with a rollback journal check warns those who do not wait for locks, and nothing is lost") {
  Mirror mirror(kAccounts, with_rollback_journal());
  mirror.start();
  const Work work = work_beside(mirror, 0, kThinks);
  for (const auto& [code, times] : work.refused) CHECK((code & 0xff) == SQLITE_BUSY);
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("a write of an application without a busy timeout fails") != std::string::npos);
  CHECK(check.out.find("PRAGMA journal_mode = wal") != std::string::npos);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 36: the log stays small while Postgres is away, and a checkpoint gets through") {
  constexpr std::uintmax_t kSmall = 8 << 20;  // twice what SQLite's own checkpoints leave
  Outage outage(kAccounts);
  std::function<void()> heal = [&outage] { outage.cluster.cont(); };
  SUBCASE("stopped") {
    outage.daemon.start();
    must_flush(outage.daemon);
    outage.cluster.stop(support::StopMode::immediate);
    heal = [&outage] { outage.cluster.start(); };
  }
  SUBCASE("frozen, with a change under way") {
    outage.daemon.start();
    must_flush(outage.daemon);
    outage.cluster.pause();
    outage.source.exec("UPDATE account SET balance = 1");
    CHECK(flush(outage.daemon, 300).status == 504);
  }
  SUBCASE("frozen in the middle of the first copy") {
    constexpr std::int64_t kSomeOfIt = 2 << 20;
    outage.source.exec(
        "INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 501 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "100000) SELECT i, 0, hex(zeroblob(100)) FROM n");
    outage.daemon.start();
    wait_until("some of the copy has gone over",
               [&] { return outage.relay.bytes(support::TcpRelay::Direction::to_server) > kSomeOfIt; });
    outage.relay.stall(true);
    heal = [&outage] { outage.relay.stall(false); };
    CHECK(flush(outage.daemon, 300).status == 504);
    CHECK(pipeline_status(outage.daemon).at("state") == "copying");
    outage.source.database().execAndGet("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto largest = write_much(outage.source);
  MESSAGE("the log grew to " << largest << " bytes");
  CHECK(largest > (1 << 20));
  CHECK(largest < kSmall);
  CHECK(outage.source.rows("PRAGMA wal_checkpoint(TRUNCATE)") == "0|0|0");
  CHECK(log_size(outage.source.path()) == 0);
  heal();
  CHECK(outage.differences() == "");
}

TEST_CASE("case 37: after the application's last close the file alone is soon whole, however it ended") {
  Mirror mirror(kAccounts);
  mirror.start();
  SUBCASE("it closes its connection right after its last write") {
    mirror.run("UPDATE account SET balance = balance + id");
    close_application(mirror);
  }
  SUBCASE("it is killed, and does not come back") {
    close_application(mirror);
    const auto end = support::run(
        {{"sqlite3", mirror.source.path(),
          "UPDATE account SET balance = balance + id; BEGIN; DELETE FROM account", ".shell kill -9 $PPID"}});
    REQUIRE(end.exit_code == -SIGKILL);
  }
  wait_until("the log is folded in", [&] { return !std::filesystem::exists(log_of(mirror.source.path())); });
  wait_until("the target is whole", [&] { return read_target(mirror) == "500 41791750 ok"; });
  CHECK(read_copy_of_file_alone(mirror) == "500 41791750 ok");
  open_application(mirror);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 37: where the daemon ends first, the application's close folds its log in as ever") {
  Mirror mirror(kAccounts);
  mirror.start();
  mirror.run("UPDATE account SET balance = balance + id");
  SUBCASE("it is stopped") {
    CHECK(mirror.daemon.stop() == 0);
  }
  SUBCASE("it is killed") {
    mirror.daemon.kill();
  }
  CHECK(log_size(mirror.source.path()) > 0);
  mirror.run("UPDATE account SET balance = balance + 1");
  close_application(mirror);
  CHECK_FALSE(std::filesystem::exists(log_of(mirror.source.path())));
  CHECK(read_copy_of_file_alone(mirror) == "500 41917000 ok");
  open_application(mirror);
  mirror.daemon.start();
  CHECK(mirror.differences() == "");
  CHECK(read_target(mirror) == "500 41917000 ok");
}

TEST_CASE(
    "case 38: a folder or file that loses its write right is named, and the application goes on unharmed") {
  Mirror mirror(kAccounts);
  mirror.start();
  wait_until_let_go(mirror);
  std::filesystem::path closed;
  mode_t open_mode = 0;
  std::string code;
  SUBCASE("the folder") {
    closed = mirror.source.folder();
    open_mode = S_IRWXU;
    code = "source_folder_unwritable";
    REQUIRE(::chmod(closed.c_str(), S_IRUSR | S_IXUSR) == 0);
  }
  SUBCASE("the file") {
    closed = mirror.source.path();
    open_mode = S_IRUSR | S_IWUSR;
    code = "source_unreadable";
    REQUIRE(::chmod(closed.c_str(), S_IRUSR) == 0);
  }
  for (int number = 0; number < 200; ++number) write(mirror.source.database(), number);
  wait_for_state(mirror.daemon, "halted");
  const auto error = mirror.status().at("error");
  CHECK(error.at("code") == code);
  CHECK(error.at("hint") != "");
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  CHECK(check.out.find(closed.string()) != std::string::npos);
  CHECK(check.out.find(error.at("hint").get<std::string>()) != std::string::npos);
  for (int number = 0; number < 200; ++number) write(mirror.source.database(), number);
  // Nothing that another program left beside the file bars the application, also after a new start.
  CHECK(mirror.source.rows("PRAGMA wal_checkpoint(TRUNCATE)") == "0|0|0");
  REQUIRE(::chmod(closed.c_str(), open_mode) == 0);
  close_application(mirror);
  open_application(mirror);
  write(mirror.source.database(), 1);
  mirror.daemon.http("POST", "/v1/retry");
  wait_for_state(mirror.daemon, "streaming");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 38: a link to the file is followed, and every commit is heard through it") {
  const TempDir elsewhere;
  Mirror mirror(kAccounts);
  const auto link = elsewhere / "linked.db";
  std::filesystem::create_symlink(mirror.source.path(), link);
  std::string config = shop(link, mirror.cluster.url(mirror.database, mirror.role));
  config.insert(config.find("    target:"), "      poll_interval: 1h\n");
  mirror.daemon.configure(config);
  mirror.start();
  for (int commit = 0; commit < 3; ++commit) {
    write(mirror.source.database(), commit);
    const std::string id = std::to_string(1 + commit);
    wait_until("the commit has arrived",
               [&] { return mirror.server("SELECT balance FROM account WHERE id = " + id) == "1"; });
    if (commit == 0) wait_until_let_go(mirror);
  }
  CHECK(mirror.differences() == "");
  // The log lies beside the file, not beside the link.
  CHECK(std::filesystem::exists(log_of(mirror.source.path())));
  CHECK_FALSE(std::filesystem::exists(log_of(link)));
}

}  // namespace sluice::e2e
