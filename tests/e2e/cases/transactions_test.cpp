// Transactions that are taken back, in part or by a sudden death, and transactions that belong together.

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <pqxx/pqxx>
#include <random>
#include <set>
#include <thread>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

using support::Process;
using support::TempDir;
using support::wait_until;

constexpr int kAccounts = 20;
constexpr int kOpening = 1000;

const std::string kBank =
    "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
    "CREATE TABLE transfer(id INTEGER PRIMARY KEY, payer INTEGER, payee INTEGER, amount INTEGER);"
    "INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
    std::to_string(kAccounts) + ") SELECT i, " + std::to_string(kOpening) + " FROM n";

/// Far more pages than the cache of kSmallCache holds.
const std::string kBook =
    "CREATE TABLE page(id INTEGER PRIMARY KEY, text TEXT, note TEXT UNIQUE);"
    "INSERT INTO page WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    "SELECT i, hex(zeroblob(200)), 'note ' || i FROM n";
const std::string kSmallCache = "PRAGMA cache_size = 10;";
constexpr std::uintmax_t kSpilled = 100'000;

/// What takes some milliseconds and no lock: one more who thinks before he pays again.
const std::string kThink =
    "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "SELECT i FROM n);";

MirrorOptions in_mode(const std::string& journal_mode) {
  MirrorOptions options;
  options.journal_mode = journal_mode;
  return options;
}

std::string transfer(std::mt19937& random) {
  const auto account = [&random] { return std::to_string(1 + random() % kAccounts); };
  const std::string payer = account();
  const std::string payee = account();
  const std::string amount = std::to_string(random() % 50);
  return "BEGIN IMMEDIATE;"
         "UPDATE account SET balance = balance - " +
         amount + " WHERE id = " + payer + ";UPDATE account SET balance = balance + " + amount +
         " WHERE id = " + payee + ";INSERT INTO transfer(payer, payee, amount) VALUES(" + payer + ", " +
         payee + ", " + amount + ");COMMIT;";
}

/// An application of its own that makes one transfer after the other until its end, which is a sudden one.
class Teller {
 public:
  Teller(const std::filesystem::path& file, unsigned seed, std::string think = "")
      : think_(std::move(think)), process_(command(file, seed)) {}
  void kill() {
    process_.signal(SIGKILL);
    process_.wait();
  }

 private:
  support::Command command(const std::filesystem::path& file, unsigned seed) {
    constexpr int kMore = 20'000;  // than it can ever do
    std::mt19937 random(seed);
    std::ofstream script(dir_ / "script.sql");
    for (int number = 0; number < kMore; ++number) script << transfer(random) << think_ << '\n';
    script.close();
    return {.arguments = {"sqlite3", file, ".timeout 30000", ".read " + (dir_ / "script.sql").string()},
            .errors = dir_ / "errors"};
  }

  std::string think_;  ///< a statement after each transfer
  TempDir dir_;
  Process process_;
};

/// Threads of this program that make transfers, each over a connection of its own.
class Tellers {
 public:
  Tellers(const std::filesystem::path& file, unsigned seed, unsigned number) {
    for (unsigned each = 0; each < number; ++each) {
      threads_.emplace_back([this, file, seed, each] { work(file, seed + each); });
    }
  }
  ~Tellers() { finish(); }
  Tellers(const Tellers&) = delete;
  Tellers& operator=(const Tellers&) = delete;

  /// Ends the work. Has SQLite never refused anything?
  bool finish() {
    enough_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return !refused_;
  }

 private:
  void work(const std::filesystem::path& file, unsigned seed) {
    try {
      std::mt19937 random(seed);
      SQLite::Database database = connect(file, 30'000);
      while (!enough_) {
        database.exec(transfer(random));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // people think before they pay again
      }
    } catch (const std::exception&) {
      refused_ = true;
    }
  }

  std::atomic<bool> enough_ = false;
  std::atomic<bool> refused_ = false;
  std::vector<std::thread> threads_;
};

/// Somebody who looks at the target again and again.
class Auditor {
 public:
  explicit Auditor(const Mirror& mirror) : connection_(mirror.cluster.url(mirror.database, mirror.role)) {}

  void look() {
    pqxx::nontransaction one_statement(connection_);
    const auto row = one_statement.exec(
        "SELECT (SELECT sum(balance) FROM account)::bigint, (SELECT count(*) FROM transfer), (SELECT "
        "coalesce(sum(amount * (payee - payer)), 0) FROM transfer)::bigint, (SELECT sum(balance * id) FROM "
        "account)::bigint")[0];
    sums.insert(row[0].as<std::int64_t>());
    states.insert(row[1].as<std::int64_t>());
    // What the transfers have moved from account to account is what the accounts have become.
    drifts.insert(row[3].as<std::int64_t>() - row[2].as<std::int64_t>());
  }

  std::set<std::int64_t> sums;
  std::set<std::int64_t> states;
  std::set<std::int64_t> drifts;

 private:
  pqxx::connection connection_;
};

std::int64_t rows_copied(Mirror& mirror) {
  return mirror.status().at("totals").at("rows_copied");
}

/// A program that runs some statements as an application of its own with this journal mode.
support::Command application(const Mirror& mirror, const std::string& mode, const std::string& statements,
                             const std::string& command = ".quit") {
  return {.arguments = {"sqlite3", mirror.source.path(), ".timeout 30000",
                        mode == "wal" ? "" : "PRAGMA journal_mode = " + mode, statements, command}};
}

/// An application that is killed in a transaction so large that it has reached the disk. How many bytes of it
/// have.
std::uintmax_t die_in_transaction(const Mirror& mirror, const std::string& mode) {
  const std::string journal = mirror.source.path().string() + (mode == "wal" ? "-wal" : "-journal");
  const auto end =
      support::run(application(mirror, mode,
                               kSmallCache + "BEGIN; UPDATE page SET text = text || '+' WHERE id > 5;"
                                             "DELETE FROM page WHERE id % 3 = 0;"
                                             "INSERT INTO page(text) SELECT text FROM page",
                               ".shell stat -c %s '" + journal + "'; kill -9 $PPID"));
  REQUIRE(end.exit_code == -SIGKILL);
  return std::stoull(end.out.substr(end.out.find_first_of("0123456789")));
}

}  // namespace

TEST_CASE("case 33: what is rolled back never arrives, and leaves no gap that would ask for a copy") {
  for (const std::string mode : {"wal", "delete"}) {
    CAPTURE(mode);
    Mirror mirror(kBook, in_mode(mode));
    mirror.start();
    const auto copied = rows_copied(mirror);
    mirror.run("BEGIN; DELETE FROM page WHERE id < 500; ROLLBACK");
    CHECK(mirror.differences() == "");
    mirror.run(
        "BEGIN; UPDATE page SET text = 'one' WHERE id = 1; SAVEPOINT a; DELETE FROM page WHERE id = 2;"
        "SAVEPOINT b; INSERT INTO page VALUES(2, 'two', 'two'); ROLLBACK TO b; INSERT INTO page VALUES(2001, "
        "'kept', 'kept'); RELEASE b; ROLLBACK TO a; UPDATE page SET id = 2002 WHERE id = 3; RELEASE a; "
        "COMMIT");
    CHECK(mirror.differences() == "");
    mirror.run(
        "SAVEPOINT a; DELETE FROM page WHERE id = 4; SAVEPOINT b; DELETE FROM page; ROLLBACK TO b; RELEASE "
        "a");
    CHECK(mirror.differences() == "");
    for (const std::string policy : {"ABORT", "FAIL", "ROLLBACK"}) {
      CAPTURE(policy);
      CHECK(mirror.attempt("BEGIN; UPDATE page SET text = '" + policy + "' WHERE id = 10; UPDATE OR " +
                           policy + " page SET note = 'late' WHERE id IN (20, 30, 40)") != "");
      if (policy != "ROLLBACK") mirror.run("COMMIT");
      CHECK(mirror.differences() == "");
    }
    CHECK(mirror.server("SELECT text FROM page WHERE id = 10") == "FAIL");
    CHECK(mirror.server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM page WHERE id < 6 OR id > 1000") ==
          "1 2 5 2002");
    CHECK(rows_copied(mirror) == copied);
  }
}

TEST_CASE("case 33: a transaction that has reached the log and is still open is not seen") {
  Mirror mirror(kBook);
  mirror.start();
  const std::string changed = "SELECT count(*) FROM page WHERE text LIKE '%+'";
  for (const std::string end : {"ROLLBACK", "COMMIT"}) {
    CAPTURE(end);
    mirror.run(kSmallCache + "BEGIN; UPDATE page SET text = text || '+'");
    CHECK(std::filesystem::file_size(mirror.source.path().string() + "-wal") > kSpilled);
    CHECK(must_flush(mirror.daemon).at("outcome") == "nothing_to_do");
    CHECK(mirror.server(changed) == "0");
    mirror.run(end);
    CHECK(mirror.differences() == "");
  }
  CHECK(mirror.server(changed) == "1000");
}

TEST_CASE("case 33: nothing arrives of the transaction in which an application is killed") {
  for (const std::string mode : {"wal", "delete", "truncate", "persist"}) {
    CAPTURE(mode);
    Mirror mirror(kBook, in_mode(mode));
    mirror.start();
    const auto copied = rows_copied(mirror);
    for (const std::string text : {"first", "second"}) {
      mirror.run("UPDATE page SET text = '" + text + "' WHERE id = 7");
      CHECK(die_in_transaction(mirror, mode) > kSpilled);
      // The next one to open the file takes back what is left behind.
      const auto next =
          support::run(application(mirror, mode, "UPDATE page SET note = '" + text + "' WHERE id = 8"));
      CHECK(next.err == "");
      CHECK(mirror.source.rows("SELECT count(*) FROM page WHERE text NOT LIKE '%+'") == "1000");
      CHECK(mirror.differences() == "");
      CHECK(mirror.server("SELECT text FROM page WHERE id = 7") == text);
    }
    CHECK(rows_copied(mirror) == copied);
  }
}

TEST_CASE("case 33: an application that is killed at any moment leaves both sides equal") {
  constexpr int kDeaths = 8;
  const unsigned seed = announced_seed("killed at any moment");
  std::mt19937 random(seed);
  for (const std::string mode : {"wal", "delete"}) {
    CAPTURE(mode);
    Mirror mirror(kBank, in_mode(mode));
    mirror.start();
    for (unsigned death = 0; death < kDeaths; ++death) {
      Teller teller(mirror.source.path(), seed + death);
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
      teller.kill();
      CHECK(mirror.source.rows("SELECT sum(balance) FROM account") == std::to_string(kAccounts * kOpening));
      CHECK(mirror.differences() == "");
    }
    CHECK(mirror.server("SELECT count(*) > 0 FROM transfer") == "t");
  }
}

TEST_CASE("case 34: while many move money, every look at Postgres finds the same sum") {
  constexpr std::size_t kStates = 25;
  const unsigned seed = announced_seed("transfers");
  for (const std::string mode : {"wal", "delete"}) {
    CAPTURE(mode);
    Mirror mirror(kBank, in_mode(mode));
    mirror.start();
    Auditor auditor(mirror);
    Tellers tellers(mirror.source.path(), seed, 2);
    Teller stranger(mirror.source.path(), seed + 2, kThink);
    wait_until("the target was seen in many states", [&] {
      auditor.look();
      return auditor.states.size() >= kStates;
    });
    stranger.kill();
    CHECK(tellers.finish());
    CHECK(mirror.differences() == "");
    auditor.look();
    CHECK(auditor.sums.size() == 1);
    CHECK(auditor.sums.contains(kAccounts * kOpening));
    CHECK(auditor.drifts.size() == 1);
  }
}

}  // namespace sluice::e2e
