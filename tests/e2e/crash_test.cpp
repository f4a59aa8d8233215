// Sudden death: the daemon is killed at every step of its work, the server is crashed under it, and a writer
// that never waits for anything must notice nothing of it.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PostgresCluster;
using support::SqliteFile;
using support::wait_until;
using namespace std::chrono_literals;

constexpr int kKills = 60;
constexpr int kOldAccounts = 1000;
constexpr int kOldEntries = 100'000;

const std::string kSourceTables =
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, balance INTEGER NOT NULL);"
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id) ON "
    "DELETE "
    "CASCADE, amount INTEGER NOT NULL, memo TEXT);";

const std::string kTargetTables =
    "CREATE TABLE accounts (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, balance bigint NOT NULL);"
    "CREATE TABLE entries (id bigint PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts (id) ON "
    "DELETE "
    "CASCADE, amount bigint NOT NULL, memo text);";

/// An application that has its file for itself, as it believes: no busy timeout, no second try. Keys of
/// entries and of accounts are never used again.
class Writer {
 public:
  Writer(const std::filesystem::path& file, unsigned seed) : random_(seed), database_(connect(file, 0)) {
    database_.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
    next_account_ = database_.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM accounts").getInt64();
    next_entry_ = database_.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM entries").getInt64();
    thread_ = std::thread([this] { work(); });
  }
  ~Writer() { finish(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// From now on accounts are written to as well, not entries alone.
  void write_accounts() { accounts_too_ = true; }
  /// The next transaction will be one of some thousand rows.
  void ask_for_large() { large_ = true; }
  std::int64_t transactions() const { return transactions_; }

  /// Ends the work. What SQLite refused, if it ever did.
  std::string finish() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
    return error_;
  }

 private:
  void work() {
    try {
      while (!enough_) {
        database_.exec("BEGIN");
        large_.exchange(false) ? write_large() : write_small();
        database_.exec("COMMIT");
        ++transactions_;
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % 3000));  // an application thinks
      }
    } catch (const std::exception& error) {
      error_ = error.what();
    }
  }

  void write_large() {
    database_.exec(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)"
        " INSERT INTO entries SELECT " +
        std::to_string(next_entry_) + " + i, (SELECT max(id) FROM accounts), i, 'large ' || i FROM n");
    next_entry_ += 3000;
    if (accounts_too_) database_.exec("UPDATE accounts SET balance = balance + 1 WHERE id % 2 = 0");
    database_.exec("DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY id LIMIT 1500)");
  }

  void write_small() {
    for (auto left = 1 + random_() % 5; left > 0; --left) write_one();
  }

  void write_one() {
    const std::string some =
        "(SELECT id FROM accounts WHERE id >= " + std::to_string(random_() % next_account_) +
        " ORDER BY id LIMIT 1)";
    const std::string number = std::to_string(random_() % 1000);
    switch (accounts_too_ ? random_() % 8 : 5 + random_() % 3) {
      case 0:
        database_.exec("INSERT INTO accounts VALUES (" + std::to_string(next_account_) + ", 'a" +
                       std::to_string(next_account_) + "', " + number + ")");
        ++next_account_;
        return;
      case 1:
        database_.exec("UPDATE accounts SET balance = " + number + " WHERE id = " + some);
        return;
      case 2:
        database_.exec("DELETE FROM accounts WHERE id = " + some);
        return;
      case 3:  // the same key again, and with it the end of its entries
        database_.exec("REPLACE INTO accounts SELECT id, email, " + number +
                       " FROM accounts WHERE id = " + some);
        return;
      case 4:  // a new key takes somebody's unique value, and he is gone
        database_.exec("REPLACE INTO accounts SELECT " + std::to_string(next_account_) +
                       ", email, 0 FROM accounts "
                       "WHERE id = " +
                       some);
        ++next_account_;
        return;
      case 5:
        database_.exec("UPDATE entries SET memo = 'changed " + number +
                       "' WHERE id = (SELECT id FROM entries "
                       "WHERE account_id = " +
                       some + " LIMIT 1)");
        return;
      default:
        database_.exec("INSERT INTO entries SELECT " + std::to_string(next_entry_) + ", id, " + number +
                       ", 'small' FROM accounts WHERE id = " + some);
        ++next_entry_;
    }
  }

  std::mt19937 random_;
  SQLite::Database database_;
  std::int64_t next_account_ = 0;
  std::int64_t next_entry_ = 0;
  std::atomic<bool> enough_ = false;
  std::atomic<bool> large_ = false;
  std::atomic<bool> accounts_too_ = false;
  std::atomic<std::int64_t> transactions_ = 0;
  std::string error_;
  std::thread thread_;
};

/// Follows a daemon's log to know the step that it has begun last.
class StepLog {
 public:
  explicit StepLog(const DaemonProcess& daemon)
      : file_(open((daemon.config_file().parent_path() / "log").c_str(), O_RDONLY | O_CLOEXEC | O_CREAT,
                   0600)) {}
  ~StepLog() { close(file_); }
  StepLog(const StepLog&) = delete;
  StepLog& operator=(const StepLog&) = delete;

  /// Forgets what was.
  void skip() {
    read_on();
    newest_.clear();
    seen_.clear();
  }

  const std::string& newest() {
    read_on();
    return newest_;
  }

  /// Whether the daemon has begun this step since skip(), even if it is past it.
  bool seen(const std::string& step) const { return seen_.count(step) > 0; }

 private:
  void read_on() {
    std::array<char, 1 << 16> buffer{};
    for (ssize_t size = 0; (size = read(file_, buffer.data(), buffer.size())) > 0;) {
      rest_.append(buffer.data(), static_cast<std::size_t>(size));
      for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
        const std::string line = rest_.substr(0, end);
        const auto name = line.find(" name=");
        if (line.find(" step ") == std::string::npos || name == std::string::npos) continue;
        newest_ = line.substr(name + 6);
        seen_.insert(newest_);
      }
    }
  }

  int file_;
  std::string rest_;
  std::string newest_;
  std::set<std::string> seen_;
};

/// A shop with old rows, its accounts known to the target already, its entries not.
struct Shop {
  Shop(PostgresCluster& server, const std::string& owner)
      : cluster(server),
        database(cluster.create_database(owner)),
        daemon(shop(source.path(), cluster.url(database, owner))) {
    source.exec(kSourceTables + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(kOldAccounts) + ") INSERT INTO accounts SELECT i, 'a' || i, i FROM n;" +
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(kOldEntries) +
                ") INSERT INTO entries SELECT i, 1 + i % 1000, i, 'old' FROM n");
    cluster.psql(database,
                 kTargetTables + "INSERT INTO accounts SELECT i, 'a' || i, i FROM generate_series(1, " +
                     std::to_string(kOldAccounts) + ") AS i",
                 owner);
    count_inserts(cluster, database, "entries", owner);
  }

  /// Lets Postgres write down every move of the position, in the transaction that makes it.
  void watch_position(const std::string& owner) {
    cluster.psql(database,
                 "CREATE TABLE public.moves (number bigserial, origin bigint, goal bigint);"
                 "CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO "
                 "public.moves (origin, goal) VALUES (OLD.position, NEW.position); RETURN NULL; END';"
                 "CREATE TRIGGER note_move AFTER UPDATE ON sluice.pipeline FOR EACH ROW EXECUTE FUNCTION "
                 "public.note_move(); ALTER TABLE sluice.pipeline ENABLE ALWAYS TRIGGER note_move",
                 owner);
  }

  void check_equal() {
    CHECK(support::differences(source, cluster, database, {"accounts", "", {"id"}}) ==
          std::vector<std::string>{});
    CHECK(support::differences(source, cluster, database, {"entries", "", {"id"}}) ==
          std::vector<std::string>{});
  }

  void check_exactly_once() {
    CHECK(cluster.psql(database,
                       "SELECT count(*) FROM (SELECT key FROM inserted_into_entries GROUP BY key HAVING "
                       "count(*) > 1) AS twice") == "0");
    CHECK(cluster.psql(database,
                       "SELECT count(*) FROM (SELECT id FROM entries EXCEPT SELECT key FROM "
                       "inserted_into_entries) AS missing") == "0");
    // Every batch goes on where the last one ended: none of them counts twice, none is left out.
    CHECK(cluster.psql(database,
                       "SELECT count(*) FROM (SELECT origin, lag(goal) OVER (ORDER BY number) AS before "
                       "FROM moves) AS chain WHERE origin <> before") == "0");
  }

  bool copied(const std::string& table) const {
    return cluster.psql(
               database,
               "SELECT count(*) FROM sluice.table_copy WHERE phase = 'streaming' AND source_table = '" +
                   table + "'") == "1";
  }

  /// Has the table copied once more, as the daemon does by itself where changes may have gone by unseen.
  void copy_again(const std::string& table) {
    cluster.psql(
        database,
        "UPDATE sluice.table_copy SET phase = 'pending', frontier = '' WHERE source_table = '" + table + "'");
  }

  /// Runs the daemon until it has copied a table, and kills it.
  void copy(const std::string& table) {
    daemon.start();
    wait_until(table + " is copied", [&] { return copied(table); });
    daemon.kill();
  }

  PostgresCluster& cluster;
  SqliteFile source;
  std::string database;
  DaemonProcess daemon;
};

/// Kills the daemon at steps of the test's choice and counts the steps at which it died.
class Killer {
 public:
  Killer(Shop& shop, unsigned seed) : shop_(shop), random_(seed), steps_(shop.daemon) {}

  /// Starts the daemon, waits until it takes `step`, and kills it there; in half of the cases a little later,
  /// so that the server is at work on it already. `prepare` is called at the start, and again now and then
  /// while the step does not come. What counts is the step at which it died, under the name of the phase.
  void kill_at(
      const std::string& step, const std::string& phase, const std::function<void()>& prepare = [] {}) {
    wait_until(
        "the daemon comes to " + step,
        [&] {
          if (comes_to(step, prepare)) return true;
          die(phase);  // it went past it too quickly to be seen
          return false;
        },
        2 * support::kPatience);
    const auto death =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random_() % 2 * (random_() % 2000));
    while (std::chrono::steady_clock::now() < death) {
    }
    die(phase);
  }

  /// Three times at each step of the copy of this table, which is the next one to be copied.
  void kill_through_copy(const std::string& table) {
    for (const char* step : {"read", "apply", "commit"}) {
      while (died_at("copy " + table + " " + step) < 3) {
        if (shop_.copied(table)) shop_.copy_again(table);  // the last kill came after its commit
        kill_at(step, "copy " + table + " ");
      }
    }
  }

  int died_at(const std::string& step) const {
    const auto found = died_at_.find(step);
    return found == died_at_.end() ? 0 : found->second;
  }
  int kills() const { return kills_; }
  const std::map<std::string, int>& all() const { return died_at_; }

 private:
  bool comes_to(const std::string& step, const std::function<void()>& prepare) {
    steps_.skip();
    shop_.daemon.launch();
    const auto start = std::chrono::steady_clock::now();
    for (auto prepare_at = start; steps_.newest() != step;) {
      const auto now = std::chrono::steady_clock::now();
      if (now > start + (steps_.seen(step) ? 2s : support::kPatience)) return false;
      if (now >= prepare_at) {
        prepare();
        prepare_at = now + 2s;  // not more than a slow daemon keeps up with
      }
      std::this_thread::sleep_for(20us);
    }
    return true;
  }

  void die(const std::string& phase) {
    shop_.daemon.kill();
    ++died_at_[phase + steps_.newest()];
    ++kills_;
  }

  Shop& shop_;
  std::mt19937 random_;
  StepLog steps_;
  std::map<std::string, int> died_at_;
  int kills_ = 0;
};

TEST_SUITE_BEGIN("crash");

TEST_CASE("a daemon killed at each of its steps loses nothing, doubles nothing and disturbs nobody") {
  const unsigned seed = announced_seed("crash");
  const std::string owner = PostgresCluster::kReplicaOwner;
  Shop shop(support::shared_cluster(), owner);
  Killer killer(shop, seed);

  // A foreign row holds the pipeline at this step, start by start.
  shop.cluster.psql(shop.database, "INSERT INTO accounts VALUES (-1, 'foreign', 0)");
  while (killer.died_at("check_existing") < 3) killer.kill_at("check_existing", "");
  shop.cluster.psql(shop.database, "DELETE FROM accounts WHERE id = -1");
  // Rows that were there before have to be equal, so nobody writes to accounts until they are known to be.
  shop.watch_position(owner);
  // The triggers are in the file by now, so from here on the daemon has no business in it but reading.
  Writer writer(shop.source.path(), seed);
  killer.kill_through_copy("accounts");
  shop.copy("accounts");
  writer.write_accounts();
  killer.kill_through_copy("entries");
  shop.copy("entries");

  const std::array<std::string, 7> steps = {"connect", "open_source", "install", "settle",
                                            "read",    "apply",       "commit"};
  const auto rarest = [&] {
    return *std::min_element(steps.begin(), steps.end(), [&](const auto& left, const auto& right) {
      return killer.died_at(left) < killer.died_at(right);
    });
  };
  while (killer.kills() < kKills || killer.died_at(rarest()) < 3) {
    const std::string step = rarest();
    killer.kill_at(step, "", [&] {
      if (step == "commit") writer.ask_for_large();
    });
  }

  CHECK(writer.finish() == "");
  for (const auto& [step, times] : killer.all()) MESSAGE("died " << times << " times at: " << step);
  MESSAGE(killer.kills() << " kills under " << writer.transactions() << " transactions");
  shop.daemon.start();
  must_flush(shop.daemon);
  shop.check_equal();
  shop.check_exactly_once();
}

TEST_CASE("a server that crashes again and again is waited for, and the daemon goes on by itself") {
  const unsigned seed = announced_seed("server crash");
  const std::string owner = PostgresCluster::kReplicaOwner;
  // What the server has confirmed has to be there after its crash, or the positions would not chain.
  PostgresCluster cluster({"synchronous_commit = on"});
  Shop shop(cluster, owner);
  shop.daemon.start();
  must_flush(shop.daemon);
  shop.watch_position(owner);
  Writer writer(shop.source.path(), seed);
  for (int crash = 0; crash < 5; ++crash) {
    writer.ask_for_large();
    const auto before = cluster.psql(shop.database, "SELECT position FROM sluice.pipeline");
    wait_until("the position has moved",
               [&] { return cluster.psql(shop.database, "SELECT position FROM sluice.pipeline") != before; });
    cluster.restart(support::StopMode::immediate);
  }
  CHECK(writer.finish() == "");
  wait_until("everything has arrived without being asked for", [&] {
    return cluster.psql(shop.database, "SELECT position FROM sluice.pipeline") ==
           shop.source.rows("SELECT max(seq) FROM _sluice_changelog");
  });
  shop.check_equal();
  shop.check_exactly_once();
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
