// In steady state the daemon writes nothing to the source: every system call that could is watched.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/e2e/scene.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PostgresCluster;
using support::TempDir;
using support::wait_until;

/// A file whose connections come and go, as the test wants it.
struct Source {
  Source() {
    SQLite::Database database(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
    database.execAndGet("PRAGMA journal_mode = wal");
    database.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
  }
  std::filesystem::path path() const { return dir / "source.db"; }
  std::filesystem::path log() const { return dir / "source.db-wal"; }

  TempDir dir;
};

/// The daemon with a source and a target, and its first copy done.
struct Steady {
  explicit Steady(support::Environment environment = {})
      : database(cluster.create_database(PostgresCluster::kReplicaOwner)),
        daemon(shop(source.path(), cluster.url(database, PostgresCluster::kReplicaOwner)),
               std::move(environment)) {
    daemon.start();
    must_flush(daemon);
  }

  std::string count() const { return cluster.psql(database, "SELECT count(*) FROM notes"); }

  bool daemon_holds_file() const {
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(daemon.pid()) + "/fd")) {
      std::error_code gone;
      if (std::filesystem::read_symlink(entry.path(), gone) == source.path()) return true;
    }
    return false;
  }

  void wait_until_idle() {
    wait_until("the daemon lets go of the file", [&] {
      daemon.status_line();
      return !daemon_holds_file();
    });
  }

  PostgresCluster& cluster = support::shared_cluster();
  Source source;
  std::string database;
  DaemonProcess daemon;
};

/// Told by another process: closing a file here would drop the locks that SQLite holds on it for this one.
std::string checksum(const std::filesystem::path& file) {
  return support::run({.arguments = {"sha256sum", file}}).out.substr(0, 64);
}

/// A program that runs the daemon under strace. The tracer is no parent of the daemon (-D), which so keeps
/// its number.
std::filesystem::path make_tracer(const TempDir& dir) {
  const char* chosen = std::getenv("SLUICED");
  const std::string program = chosen != nullptr ? chosen : SLUICED_PROGRAM;
  std::ofstream(dir / "sluiced") << "#!/bin/sh\nexec strace -D -f -yy -o '" << (dir / "trace").string()
                                 << "' -e "
                                    "trace=write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,"
                                    "fallocate,fcntl,unlink,unlinkat,rename,"
                                    "renameat,renameat2 '"
                                 << program << "' \"$@\"\n";
  std::filesystem::permissions(dir / "sluiced", std::filesystem::perms::owner_all);
  return dir / "sluiced";
}

/// Runs the daemons of its lifetime under strace.
struct Traced {
  Traced() {
    if (const char* chosen = std::getenv("SLUICED")) before = chosen;
    setenv("SLUICED", make_tracer(dir).c_str(), 1);
  }
  ~Traced() { before ? setenv("SLUICED", before->c_str(), 1) : unsetenv("SLUICED"); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  std::string trace() const { return support::read_file(dir / "trace"); }

  TempDir dir;
  std::optional<std::string> before;
};

/// Is this call one that a pure reader makes? Readers in WAL mode share locks (F_RDLCK) and give them back;
/// and they note in the shared memory how far they read, each under an exclusive lock of its own read mark:
/// the bytes 124 to 127 of -shm (aReadMark 1 to 4). SQLite takes that lock without waiting and no writer
/// waits for it: a checkpoint or a restart of the log that meets it does without. Anything else exclusive
/// (the checkpoint and recovery locks 121 and 122, read mark 0, the byte of the open -shm, and every byte of
/// the database itself) could make an application fail; so could the write lock 120, which SQLite lets a
/// reader take where it meets the index of the log half-written, and the daemon's reader is refused.
bool harmless(const std::string& call) {
  static const std::regex lock(R"(fcntl\(\d+<[^>]*>, F_(OFD_)?(SETLKW?|GETLK), \{l_type=(F_\w+), .*)");
  static const std::regex read_mark(
      R"(.*-shm>, F_SETLK, \{l_type=F_WRLCK, l_whence=SEEK_SET, l_start=12[4-7], l_len=1\}.*)");
  std::smatch found;
  if (!std::regex_match(call, found, lock)) return call.starts_with("fcntl(");
  return found[3] == "F_RDLCK" || found[3] == "F_UNLCK" || std::regex_match(call, read_mark);
}

/// The calls in a trace that could change or bar the source.
std::vector<std::string> intrusions(const std::string& trace, const std::filesystem::path& source) {
  std::vector<std::string> found;
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(source.string()) == std::string::npos) continue;
    const std::string call = line.substr(line.find_first_not_of("0123456789 "));
    if (!harmless(call)) found.push_back(call);
  }
  return found;
}

/// Writes for some seconds without a busy timeout. What SQLite refused, if anything.
std::string write_for(std::chrono::seconds time, const std::filesystem::path& file) {
  const auto end = std::chrono::steady_clock::now() + time;
  try {
    SQLite::Database database = connect(file, 0);
    while (std::chrono::steady_clock::now() < end) {
      database.exec(
          "BEGIN; INSERT INTO notes (text) VALUES ('new'); UPDATE notes SET text = text || '+' WHERE id = "
          "(SELECT max(id) FROM notes) - 3; DELETE FROM notes WHERE id = (SELECT min(id) FROM notes WHERE id "
          "% 3 = 0); COMMIT");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // an application thinks
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST_SUITE_BEGIN("steady_state");

TEST_CASE("under load the daemon writes nothing to the source and takes no lock but those of a reader") {
  const Traced traced;
  Steady steady;
  // The application stays connected, so that neither its nor the daemon's close folds the log in meanwhile.
  SQLite::Database application = connect(steady.source.path(), 5000);
  application.exec("INSERT INTO notes (text) VALUES ('first')");
  must_flush(steady.daemon);
  const std::string before = traced.trace();
  // Installing has been seen by the same eyes.
  REQUIRE_FALSE(intrusions(before, steady.source.path()).empty());

  std::string refused;
  std::thread writer([&] {
    refused = write_for(std::chrono::seconds(number_from("SLUICE_STRACE_SECONDS", 15)), steady.source.path());
  });
  writer.join();
  must_flush(steady.daemon);
  const std::string during = traced.trace().substr(before.size());
  CHECK(refused == "");
  const auto found = intrusions(during, steady.source.path());
  for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 20); ++i) MESSAGE(found[i]);
  CHECK(found.size() == 0);
  const auto reads = std::count(during.begin(), during.end(), '\n');
  MESSAGE(reads << " calls watched");
  CHECK(during.find("F_RDLCK") != std::string::npos);
  CHECK(reads > 100);
  CHECK(steady.count() == std::to_string(application.execAndGet("SELECT count(*) FROM notes").getInt()));
}

TEST_CASE("looking at a quiet file and letting go of it leaves every byte as it was") {
  Steady steady;
  {
    SQLite::Database application = connect(steady.source.path(), 5000);
    application.exec("INSERT INTO notes (text) VALUES ('one')");
  }
  must_flush(steady.daemon);
  steady.wait_until_idle();
  const std::string before = checksum(steady.source.path());
  for (int look = 0; look < 2; ++look) {
    CHECK(must_flush(steady.daemon).at("outcome") == "nothing_to_do");
    CHECK(steady.daemon_holds_file());
    steady.wait_until_idle();
  }
  steady.daemon.stop();
  steady.daemon.start();
  must_flush(steady.daemon);
  CHECK(steady.daemon.stop() == 0);
  CHECK(checksum(steady.source.path()) == before);
  CHECK_FALSE(std::filesystem::exists(steady.source.log()));
}

/// The rows in a copy of the database file alone, without its log.
std::string rows_in_file_alone(const std::filesystem::path& file) {
  const TempDir dir;
  std::filesystem::copy_file(file, dir / "copy.db");
  SQLite::Database copy((dir / "copy.db").string(), SQLite::OPEN_READWRITE);
  return copy.execAndGet("SELECT count(*) FROM notes").getString();
}

TEST_CASE("after an application's last close the database file alone soon holds every row") {
  for (const bool idle : {true, false}) {
    CAPTURE(idle);
    Steady steady;
    {
      SQLite::Database application = connect(steady.source.path(), 5000);
      for (int row = 0; row < 50; ++row) application.exec("INSERT INTO notes (text) VALUES ('note')");
      must_flush(steady.daemon);
      if (idle) steady.wait_until_idle();
      CHECK(std::filesystem::file_size(steady.source.log()) > 0);
    }
    wait_until(
        "the log is folded in",
        [&] {
          steady.daemon.status_line();
          return !std::filesystem::exists(steady.source.log());
        },
        std::chrono::seconds(8));
    CHECK(rows_in_file_alone(steady.source.path()) == "50");
    CHECK(steady.count() == "50");
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
