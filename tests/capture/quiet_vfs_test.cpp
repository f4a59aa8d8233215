#include "capture/quiet_vfs.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

using namespace std::chrono_literals;

/// One end of a line between two processes, over which numbers go.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {
    const timeval deadline{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  }
  ~Line() { ::close(socket_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void say(std::int64_t number = 0) const {
    if (write(socket_, &number, sizeof number) != sizeof number) throw std::runtime_error("the line is dead");
  }
  std::int64_t hear() const {
    std::int64_t number = 0;
    if (::read(socket_, &number, sizeof number) != sizeof number) throw std::runtime_error("nobody answers");
    return number;
  }
  bool has_news() const {
    pollfd waiting{socket_, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

 private:
  int socket_;
};

/// The application, as a process of its own that dies at the end of its body without closing anything. To be
/// made while this process has no connection open: SQLite's may not be carried into a child.
class Application {
 public:
  template <typename Body>
  explicit Application(Body body) : Application(ends(), body) {}
  ~Application() { wait(); }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  const Line& line() const { return line_; }
  void wait() {
    if (process_ > 0) waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  static std::array<int, 2> ends() {
    std::array<int, 2> sockets{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets.data()) != 0)
      throw std::runtime_error("socketpair failed");
    return sockets;
  }

  template <typename Body>
  Application(std::array<int, 2> sockets, Body body) : line_(sockets[0]), process_(fork()) {
    if (process_ == 0) {
      ::close(sockets[0]);
      try {
        body(Line(sockets[1]));
      } catch (const std::exception& error) {
        std::fprintf(stderr, "the application ended: %s\n", error.what());
      }
      _exit(0);
    }
    ::close(sockets[1]);
  }

  Line line_;
  pid_t process_;
};

/// A file with a table and its changelog, which nobody has open.
struct Captured {
  Captured() {
    Source source(sandbox.options());
    source.install();
    start = source.captured().value;
    sandbox.close();
  }
  std::int64_t changes(Source& source) const { return source.captured().value - start; }
  std::int64_t changes_of_new_source() const {
    Source source(sandbox.options());
    return changes(source);
  }

  Sandbox sandbox{"CREATE TABLE notes(id INTEGER PRIMARY KEY, text)"};
  std::int64_t start = 0;  ///< the position at which the application finds it
};

/// An application's connection that never waits for a lock.
SQLite::Database connect(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");
  return database;
}

void add(SQLite::Database& database) {
  database.exec("INSERT INTO notes(text) VALUES ('note')");
}

/// Commits row by row until told to stop, then says how often it did and how often SQLite refused.
void write_until_told(const std::string& path, const Line& line) {
  SQLite::Database database = connect(path);
  std::int64_t commits = 0;
  std::int64_t refused = 0;
  add(database);
  line.say();
  while (!line.has_news()) {
    database.tryExec("INSERT INTO notes(text) VALUES ('note')") == SQLITE_OK ? ++commits : ++refused;
  }
  line.hear();  // a line that is closed with a word unheard is reset, and what was said on it is lost
  line.say(commits);
  line.say(refused);
}

/// Looks at the file for a while, as often as it can. The number of looks that found something new.
std::int64_t look_for(std::chrono::seconds time, const SourceOptions& options) {
  Source source(options);
  const Catalog catalog = source.survey();
  ReadRequest request;
  request.from = source.newest();
  std::int64_t news = 0;
  for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
    for (int look = 0; look < 20; ++look) source.captured();
    const Chunk chunk = std::get<Chunk>(source.read(catalog, request));
    if (chunk.changes > 0) ++news;
    request.from = chunk.to;
  }
  return news;
}

/// Takes the write lock of the log as a reader's SQLite would, and gives it back.
int try_write_lock(SQLite::Database& database) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const int result = file->pMethods->xShmLock(file, 0, 1, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
  if (result == SQLITE_OK) file->pMethods->xShmLock(file, 0, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  return result;
}

int refusals_in_a_row(SQLite::Database& database) {
  int refusals = 0;
  while (refusals < 100 && try_write_lock(database) == SQLITE_BUSY) ++refusals;
  return refusals;
}

/// The -shm of a file that somebody has open, under the hands of a writer.
class Index {
 public:
  explicit Index(const std::string& path) : file_(open((path + "-shm").c_str(), O_RDWR)) {
    void* const memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map the -shm");
    header_ = static_cast<volatile unsigned char*>(memory);
  }

  /// Leaves the first of the header's two copies half-written for an instant, as every commit does. Has
  /// somebody taken the write lock in it? Who does rebuilds the index under it. An instant that was long,
  /// because this process had to wait itself, tells nothing: a reader may then take the index for broken.
  bool loses_write_lock() const {
    const auto start = std::chrono::steady_clock::now();
    const auto time = [start] { return std::chrono::steady_clock::now() - start; };
    const unsigned char whole = header_[8];
    const auto half = static_cast<unsigned char>(~whole);
    header_[8] = half;
    while (header_[8] == half && time() < 200us) continue;
    const bool rebuilt = header_[8] != half;
    if (!rebuilt) header_[8] = whole;
    return rebuilt && time() < 3ms;
  }

 private:
  int file_;
  volatile unsigned char* header_;
};

void overwrite_index(const std::string& path) {
  std::fstream index(path + "-shm", std::ios::in | std::ios::out | std::ios::binary);
  index << std::string(136, 'x');
  if (!index.flush()) throw std::runtime_error("there is no -shm");
}

}  // namespace

TEST_CASE("an application that never waits is never refused while a source looks") {
  Captured captured;
  const std::string path = captured.sandbox.path();
  Application application([&](const Line& line) { write_until_told(path, line); });
  application.line().hear();
  std::array<std::int64_t, 3> news{};
  std::array<std::thread, 3> readers;
  for (std::size_t i = 0; i < readers.size(); ++i) {
    readers[i] = std::thread([&, i] { news[i] = look_for(2s, captured.sandbox.options()); });
  }
  for (auto& reader : readers) reader.join();
  application.line().say();
  const std::int64_t commits = application.line().hear();
  const std::int64_t refused = application.line().hear();
  MESSAGE(commits << " commits, " << news[0] + news[1] + news[2] << " reads with news");
  CHECK(refused == 0);
  CHECK(commits > 1000);
  for (const std::int64_t each : news) CHECK(each > 20);
}

TEST_CASE("a source that looks into the middle of commits never takes the write lock") {
  constexpr int kCommits = 500;
  const Captured captured;
  const std::string path = captured.sandbox.path();
  Application application([&](const Line& line) {
    line.hear();
    const Index index(path);
    std::int64_t taken = 0;
    for (int commit = 0; commit < kCommits; ++commit) {
      taken += index.loses_write_lock();
      std::this_thread::sleep_for(2ms);  // far longer than the instant, as in life
    }
    line.say(taken);
  });
  Source source(captured.sandbox.options());
  std::int64_t looks = 0;
  application.line().say();
  for (; !application.line().has_news(); ++looks) CHECK(captured.changes(source) == 0);
  MESSAGE(looks << " looks");
  CHECK(application.line().hear() == 0);
  CHECK(looks > 100);
}

TEST_CASE("a reader is refused the write lock until it is plain that nobody else will mend the index") {
  const Captured captured;
  SQLite::Database database(captured.sandbox.path(), SQLite::OPEN_READWRITE, 0, quiet_vfs());
  const auto read = [&] { CHECK(database.execAndGet("SELECT count(*) FROM notes").getInt() == 0); };
  read();
  CHECK(try_write_lock(database) == SQLITE_BUSY);
  read();
  const int refusals = refusals_in_a_row(database);
  CHECK(refusals > 1);
  CHECK(refusals < 50);  // SQLite gives up after 100 looks
  CHECK(try_write_lock(database) == SQLITE_OK);
  read();
  CHECK(refusals_in_a_row(database) == refusals);
  read();
  let_write(database.getHandle(), true);
  CHECK(try_write_lock(database) == SQLITE_OK);
  let_write(database.getHandle(), false);
  CHECK(try_write_lock(database) == SQLITE_BUSY);
}

TEST_CASE("what a killed application has committed is seen") {
  Captured captured;
  const std::string path = captured.sandbox.path();
  Application application([&](const Line& line) {
    line.hear();
    SQLite::Database database = connect(path);
    for (int row = 0; row < 50; ++row) add(database);
    line.say();
    if (line.hear() != 0) overwrite_index(path);
    _exit(0);
  });
  const auto kill = [&](bool in_a_commit) {
    application.line().say(in_a_commit);
    application.wait();
    CHECK(std::filesystem::file_size(path + "-wal") > 0);
  };
  SUBCASE("without an index") {
    application.line().say();
    application.line().hear();
    kill(false);
    std::filesystem::remove(path + "-shm");
    CHECK(captured.changes_of_new_source() == 50);
  }
  SUBCASE("with a broken index") {
    application.line().say();
    application.line().hear();
    kill(true);
    CHECK(captured.changes_of_new_source() == 50);
  }
  SUBCASE("with an index that broke while the source was open") {
    Source source(captured.sandbox.options());
    CHECK(captured.changes(source) == 0);
    application.line().say();
    application.line().hear();
    CHECK(captured.changes(source) == 50);
    kill(true);
    CHECK(captured.changes(source) == 50);
  }
}

TEST_CASE("a source that only reads writes where it is told to") {
  Sandbox sandbox("CREATE TABLE notes(id INTEGER PRIMARY KEY, text)");
  Source source(sandbox.options());
  const auto counts = [&] {
    const std::int64_t before = source.captured().value;
    add(sandbox.app());
    return source.captured().value == before + 1;
  };
  CHECK(source.install().changelog_created);
  CHECK(counts());
  CHECK(source.uninstall());
  CHECK_FALSE(source.missing().empty());
  CHECK(source.install().changelog_created);
  CHECK(counts());
}

TEST_CASE("only a connection of the quiet kind can be let write") {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  CHECK_THROWS_AS(let_write(database.getHandle(), true), std::logic_error);
}

TEST_CASE("a file that is in no WAL mode is read and written as ever") {
  Sandbox sandbox("CREATE TABLE notes(id INTEGER PRIMARY KEY, text)", "PRAGMA journal_mode = DELETE");
  Source source(sandbox.options());
  source.install();
  const std::int64_t before = source.captured().value;
  add(sandbox.app());
  CHECK(source.captured().value == before + 1);
}

TEST_CASE("a file that somebody reads is known, whoever reads it and from where") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  SQLite::Database ours(sandbox.path(), SQLite::OPEN_READWRITE, 0, quiet_vfs());
  CHECK_FALSE(is_being_read(ours.getHandle()));
  ours.execAndGet("SELECT count(*) FROM t");
  CHECK_FALSE(is_being_read(ours.getHandle()));
  for (const char* emptied : {"PRAGMA wal_checkpoint(TRUNCATE)", "INSERT INTO t VALUES(NULL)"}) {
    CAPTURE(emptied);
    sandbox.app().tryExec(emptied);
    sandbox.run("BEGIN");
    CHECK_FALSE(is_being_read(ours.getHandle()));
    sandbox.number("SELECT count(*) FROM t");
    CHECK(is_being_read(ours.getHandle()));
    sandbox.run("COMMIT");
    CHECK_FALSE(is_being_read(ours.getHandle()));
  }
}

TEST_CASE("installing waits for a transaction that has read and is about to write") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.preview();
  sandbox.run("BEGIN");
  sandbox.number("SELECT count(*) FROM t");
  std::thread installer([&] { source.install(); });
  // Had it not waited, the write would be refused at once.
  for (int i = 0; i < 50; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const int refused = sandbox.app().tryExec("INSERT INTO t VALUES(1)");
  sandbox.app().tryExec(refused == SQLITE_OK ? "COMMIT" : "ROLLBACK");
  installer.join();
  CHECK(refused == SQLITE_OK);
  CHECK(source.missing().empty());
}

}  // namespace sluice::capture
