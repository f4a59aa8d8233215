// How the daemon learns of a commit: by events of the folder, and where there are none by looking now and
// then.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <list>
#include <optional>
#include <thread>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/slow_disk.h"

namespace sluice::e2e {
namespace {

using support::TempDir;
using support::wait_until;
using Clock = std::chrono::steady_clock;

const std::string kNotes = "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)";

/// So long that nothing arrives unless an event tells of it.
const std::string kNever = "1h";

/// Has the daemon follow `file`, looking at it by itself only so often.
void look_every(Mirror& mirror, const std::string& interval, const std::filesystem::path& file,
                const std::string& halted_interval = "200ms") {
  std::string config = shop(file, mirror.cluster.url(mirror.database, mirror.role));
  config.insert(config.find("    target:"), "      poll_interval: " + interval + "\n");
  const std::string retry = "    retry:\n";
  config.insert(config.find(retry) + retry.size(), "      halted_interval: " + halted_interval + "\n");
  mirror.daemon.configure(config);
}

/// A mirror that is told of changes by events alone.
struct Listening : Mirror {
  explicit Listening(const std::string& journal_mode = "wal") : Mirror(kNotes, in_mode(journal_mode)) {
    look_every(*this, kNever, source.path());
  }

  static MirrorOptions in_mode(const std::string& journal_mode) {
    MirrorOptions options;
    options.journal_mode = journal_mode;
    return options;
  }
};

std::int64_t rows_in(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM note").getInt64();
}

/// Adds a row, and waits without asking for anything until it has arrived.
void write_and_see(const Mirror& mirror, SQLite::Database& application) {
  application.exec("INSERT INTO note(text) VALUES('new')");
  const auto rows = std::to_string(rows_in(application));
  wait_until("row " + rows + " has arrived",
             [&] { return mirror.server("SELECT count(*) FROM note") == rows; });
}

/// Does the daemon hold this file open?
bool holds(const Mirror& mirror, const std::filesystem::path& file) {
  const auto files = "/proc/" + std::to_string(mirror.daemon.pid()) + "/fd";
  for (const auto& open : std::filesystem::directory_iterator(files)) {
    std::error_code closed;
    if (std::filesystem::read_symlink(open, closed) == file) return true;
  }
  return false;
}
void wait_until_let_go(const Mirror& mirror) {
  wait_until("the daemon lets go of the file", [&] { return !holds(mirror, mirror.source.path()); });
}

std::filesystem::path beside(const std::filesystem::path& file, const std::string& suffix) {
  return file.string() + suffix;
}

/// The application's last connection is closed.
void close_application(Mirror& mirror) {
  mirror.source.database() = SQLite::Database(":memory:");
}
void open_application(Mirror& mirror, const std::filesystem::path& file) {
  mirror.source.database() = connect(file, 5000);
}

/// Puts another file into the place of a closed one, as somebody does who knows what belongs to it.
void replace(const std::filesystem::path& file, const std::filesystem::path& other) {
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(beside(file, suffix));
  std::filesystem::rename(other, file);
}

std::int64_t rows_copied(Mirror& mirror) {
  return mirror.status().at("totals").at("rows_copied");
}

/// The daemons that are started in its lifetime run under strace, where no inotify instance is left for them.
class WithoutEvents {
 public:
  explicit WithoutEvents(const std::filesystem::path& program) {
    if (const char* chosen = std::getenv("SLUICED")) before_ = chosen;
    std::ofstream(dir_ / "sluiced") << "#!/bin/sh\nexec strace -D -f -o '" << (dir_ / "trace").string()
                                    << "' -e trace=inotify_init1 -e inject=inotify_init1:error=EMFILE '"
                                    << program.string() << "' \"$@\"\n";
    std::filesystem::permissions(dir_ / "sluiced", std::filesystem::perms::owner_all);
    setenv("SLUICED", (dir_ / "sluiced").c_str(), 1);
  }
  ~WithoutEvents() { before_ ? setenv("SLUICED", before_->c_str(), 1) : unsetenv("SLUICED"); }
  WithoutEvents(const WithoutEvents&) = delete;
  WithoutEvents& operator=(const WithoutEvents&) = delete;

  bool were_missed() const {
    return support::read_file(dir_ / "trace").find("INJECTED") != std::string::npos;
  }

 private:
  TempDir dir_;
  std::optional<std::string> before_;
};

/// Somebody who writes other files into the folder all the time.
class Neighbour {
 public:
  explicit Neighbour(const std::filesystem::path& file) : thread_([this, file] { work(file); }) {}
  ~Neighbour() {
    enough_ = true;
    thread_.join();
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

 private:
  void work(const std::filesystem::path& file) const {
    while (!enough_) {
      for (const char* suffix : {"-wal2", "-shm", "-journal.old", ".bak", "2-wal"}) {
        if (std::string(suffix) != "-shm") std::ofstream(beside(file, suffix)) << suffix;
      }
      std::ofstream(file.parent_path() / "other.db-wal") << "other";
      std::filesystem::remove(file.parent_path() / "other.db-wal");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::atomic<bool> enough_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("case 39: where no file events come a commit is there within twice the poll interval") {
  constexpr std::chrono::seconds kInterval{3};
  Mirror mirror(kNotes);
  look_every(mirror, "3s", mirror.source.path());
  mirror.start();
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(mirror.daemon.pid()) + "/exe");
  mirror.daemon.stop();
  const WithoutEvents events(program);
  mirror.start();
  REQUIRE(events.were_missed());
  Clock::duration longest{};
  for (const bool held : {true, false}) {
    if (!held) wait_until_let_go(mirror);
    const auto committed = Clock::now();
    write_and_see(mirror, mirror.source.database());
    longest = std::max(longest, Clock::now() - committed);
  }
  CHECK(longest < 2 * kInterval);
  // Events would have been here at once.
  CHECK(longest > kInterval / 6);
  CHECK(mirror.differences() == "");
}

TEST_CASE(
    "case 39: in every journal mode commits are heard without any poll, also of a log that was made anew") {
  std::list<Listening> mirrors;
  for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
    auto& mirror = mirrors.emplace_back(mode);
    mirror.start();
    for (int commit = 0; commit < 3; ++commit) write_and_see(mirror, mirror.source.database());
    close_application(mirror);
  }
  for (auto& mirror : mirrors) {
    CAPTURE(mirror.source.path());
    wait_until_let_go(mirror);
    CHECK_FALSE(std::filesystem::exists(beside(mirror.source.path(), "-wal")));
    open_application(mirror, mirror.source.path());
    write_and_see(mirror, mirror.source.database());
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("case 39: a log that keeps its size is heard, and other files of the folder are not") {
  Listening mirror;
  mirror.start();
  for (int row = 0; row < 50; ++row) mirror.run("INSERT INTO note(text) VALUES('filler')");
  const auto size = [&] { return std::filesystem::file_size(beside(mirror.source.path(), "-wal")); };
  const auto full = size();
  const Neighbour neighbour(mirror.source.path());
  for (const bool held : {true, false}) {
    wait_until("the log may be written from its start",
               [&] { return mirror.source.rows("PRAGMA wal_checkpoint(RESTART)").starts_with("0|"); });
    if (!held) wait_until_let_go(mirror);  // it would stay as long as something happens
    write_and_see(mirror, mirror.source.database());
    CHECK(size() == full);
  }
  CHECK(mirror.differences() == "");
}

TEST_CASE(
    "a commit is heard whose log a slow disk holds up before its index tells of it, also by one that is "
    "halted") {
  Listening mirror;
  look_every(mirror, kNever, mirror.source.path(), kNever);
  mirror.start();
  mirror.source.database() = SQLite::Database(mirror.source.path(), SQLite::OPEN_READWRITE, 5000,
                                              support::slow_disk(std::chrono::milliseconds(150)));
  mirror.run("PRAGMA synchronous = full");
  write_and_see(mirror, mirror.source.database());
  mirror.server("ALTER TABLE note ADD CHECK (text <> 'wrong')");
  mirror.run("INSERT INTO note VALUES(7, 'wrong')");
  wait_for_state(mirror.daemon, "halted");
  mirror.run("UPDATE note SET text = 'right' WHERE id = 7");
  wait_for_state(mirror.daemon, "streaming");
  CHECK(mirror.differences_now() == "");
}

TEST_CASE("case 39: a copy of the file that is renamed over it is followed, and nothing is copied again") {
  Listening mirror;
  mirror.start();
  write_and_see(mirror, mirror.source.database());
  const auto copied = rows_copied(mirror);
  const auto path = mirror.source.path();
  const auto other = mirror.source.folder() / "other.db";
  for (const bool held : {true, false}) {
    CAPTURE(held);
    close_application(mirror);
    if (!held) wait_until_let_go(mirror);
    const auto copy =
        support::run({{"sqlite3", "-cmd", ".timeout 5000", path, "PRAGMA wal_checkpoint(TRUNCATE)"}});
    REQUIRE(copy.out.starts_with("0|"));
    std::filesystem::copy_file(path, other);
    replace(path, other);
    open_application(mirror, path);
    for (int commit = 0; commit < 3; ++commit) write_and_see(mirror, mirror.source.database());
    CHECK(mirror.differences() == "");
  }
  CHECK(rows_copied(mirror) == copied);
}

TEST_CASE(
    "case 39: another file renamed over the first is neither mixed up nor harmed, until the first is back") {
  Listening mirror;
  mirror.start();
  const auto path = mirror.source.path();
  const auto away = mirror.source.folder() / "away.db";
  const auto other = mirror.source.folder() / "other.db";
  {
    SQLite::Database stranger(other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    stranger.execAndGet("PRAGMA journal_mode = wal");
    stranger.exec(kNotes + "; INSERT INTO note VALUES(7, 'foreign')");
  }
  write_and_see(mirror, mirror.source.database());
  mirror.source.rows("PRAGMA wal_checkpoint(TRUNCATE)");
  close_application(mirror);
  std::filesystem::create_hard_link(path, away);
  replace(path, other);
  {
    SQLite::Database application = connect(path, 5000);
    application.exec("INSERT INTO note VALUES(8, 'foreign')");
    wait_for_state(mirror.daemon, "diverged");
    CHECK(mirror.status().at("error").at("code") == "another_file");
    // The daemon's close of the first file leaves the log of the second where it is.
    application.exec("INSERT INTO note VALUES(9, 'foreign')");
    const auto seen = support::run({{"sqlite3", path, "SELECT group_concat(id) FROM note"}});
    CHECK(seen.out == "7,8,9\n");
  }
  CHECK(mirror.server("SELECT count(*) FROM note WHERE text = 'foreign'") == "0");
  replace(path, away);
  open_application(mirror, path);
  mirror.run("INSERT INTO note(text) VALUES('back')");
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(mirror.daemon, "streaming");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(text, ' ' ORDER BY id) FROM note") == "new back");
}

TEST_CASE(
    "case 39: a folder that comes later, or is put in the place of the first, is heard like any other") {
  const TempDir dir;
  const auto folder = dir / "data";
  const auto path = folder / "shop.db";
  Mirror mirror("");
  look_every(mirror, kNever, path);
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "halted");
  CHECK(mirror.status().at("error").at("code") == "source_missing");

  std::filesystem::create_directory(folder);
  mirror.source.database() = SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
  mirror.source.database().execAndGet("PRAGMA journal_mode = wal");
  mirror.run(kNotes);
  wait_for_state(mirror.daemon, "streaming");
  must_flush(mirror.daemon);
  const auto wait_until_deaf_would_show = [&] {
    wait_until("the daemon lets go of the file", [&] { return !holds(mirror, path); });
  };
  wait_until_deaf_would_show();
  write_and_see(mirror, mirror.source.database());

  close_application(mirror);
  wait_until_deaf_would_show();
  std::filesystem::copy(folder, dir / "restored");
  std::filesystem::rename(folder, dir / "before");
  std::filesystem::rename(dir / "restored", folder);
  open_application(mirror, path);
  write_and_see(mirror, mirror.source.database());
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
