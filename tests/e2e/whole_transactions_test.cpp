// Postgres only ever shows states that SQLite committed: a logical decoding slot, replayed commit by commit,
// is the witness.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PostgresCluster;
using support::SqliteFile;

constexpr int kAccounts = 40;
constexpr int kOpening = 1000;
constexpr int kBulk = 10'000;
constexpr int kBulkTransactions = 6;
constexpr unsigned kWriters = 3;

/// One row of a change as test_decoding prints it: the table, the operation, the integers by column.
struct Decoded {
  std::string table;
  std::string operation;
  std::map<std::string, std::int64_t> values;
};

/// "table public.accounts: UPDATE: id[bigint]:1 balance[bigint]:990"
Decoded decode(const std::string& line) {
  std::istringstream words(line);
  Decoded change;
  std::string word;
  words >> word >> change.table >> change.operation;
  change.table.pop_back();
  change.operation.pop_back();
  while (words >> word) {
    const auto type = word.find('[');
    const auto value = word.rfind(':');
    if (type != std::string::npos) change.values[word.substr(0, type)] = std::atoll(word.c_str() + value + 1);
  }
  return change;
}

/// The target as the slot tells it, and what has to hold after each commit.
class Witness {
 public:
  Witness() {
    for (int id = 1; id <= kAccounts; ++id) balance_[id] = expected_[id] = kOpening;
  }

  void see(const Decoded& change) {
    const auto& values = change.values;
    if (change.table == "public.accounts") balance_[values.at("id")] = values.at("balance");
    if (change.table == "public.transfers") {
      expected_[values.at("payer")] -= values.at("amount");
      expected_[values.at("payee")] += values.at("amount");
    }
    if (change.table != "public.bulk") return;
    if (change.operation != "INSERT") forget(values.at("id"));
    if (change.operation != "DELETE") ++rows_of_[version_[values.at("id")] = values.at("version")];
  }

  /// What is wrong with the state after a commit; empty where it is whole.
  std::string complaint() const {
    std::int64_t sum = 0;
    for (const auto& [id, balance] : balance_) sum += balance;
    if (sum != std::int64_t{kAccounts} * kOpening) return "the sum is " + std::to_string(sum);
    if (balance_ != expected_) return "balances and transfers belong to different transactions";
    if (rows_of_.size() > 1) return "bulk holds rows of " + std::to_string(rows_of_.size()) + " versions";
    if (version_.size() % kBulk != 0) return "bulk holds " + std::to_string(version_.size()) + " rows";
    return "";
  }

 private:
  void forget(std::int64_t id) {
    const auto row = version_.find(id);
    if (row == version_.end()) return;
    const auto rows = rows_of_.find(row->second);
    if (--rows->second == 0) rows_of_.erase(rows);
    version_.erase(row);
  }

  std::map<std::int64_t, std::int64_t> balance_;
  std::map<std::int64_t, std::int64_t> expected_;
  std::map<std::int64_t, std::int64_t> version_;
  std::map<std::int64_t, std::int64_t> rows_of_;
};

void transfer(SQLite::Database& database, std::mt19937& random) {
  std::array<int, 3> person{};
  for (int& id : person) id = 1 + static_cast<int>(random() % kAccounts);
  database.exec("BEGIN IMMEDIATE");
  for (std::size_t i = 0; i + 1 < person.size(); ++i) {
    const auto amount = std::to_string(random() % 50);
    const auto payer = std::to_string(person[i]);
    const auto payee = std::to_string(person[i + 1]);
    database.exec("UPDATE accounts SET balance = balance - " + amount + " WHERE id = " + payer);
    database.exec("UPDATE accounts SET balance = balance + " + amount + " WHERE id = " + payee);
    database.exec("INSERT INTO transfers (payer, payee, amount) VALUES (" + payer + "," + payee + "," +
                  amount + ")");
  }
  database.exec("COMMIT");
}

/// Ten thousand rows more, all rows changed, or the oldest ten thousand gone.
void write_in_bulk(SQLite::Database& database, int number) {
  static const std::array<std::string, 3> kStatements = {
      "INSERT INTO bulk (version) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
          std::to_string(kBulk) + ") SELECT coalesce((SELECT max(version) FROM bulk), 0) FROM n",
      "UPDATE bulk SET version = version + 1",
      "DELETE FROM bulk WHERE id IN (SELECT id FROM bulk ORDER BY id LIMIT " + std::to_string(kBulk) + ")"};
  // The first is never deleted before the second has come.
  static constexpr std::array<int, kBulkTransactions> kOrder = {0, 1, 0, 1, 2, 1};
  database.exec("BEGIN IMMEDIATE");
  database.exec(kStatements.at(static_cast<std::size_t>(kOrder.at(static_cast<std::size_t>(number)))));
  database.exec("COMMIT");
}

/// Several connections at once, each waiting for the others' locks as SQLite's own busy timeout does. Each
/// bulk transaction waits until the one before has arrived, or most of them would never be seen by anybody.
void write_at_once(const std::filesystem::path& file, unsigned seed,
                   const std::function<void(std::int64_t)>& arrived) {
  std::vector<std::thread> writers;
  std::atomic<bool> failed = false;
  std::atomic<bool> enough = false;
  const auto writer = [&](auto work) {
    writers.emplace_back([&failed, &file, work]() mutable {
      try {
        SQLite::Database database = connect(file, 30'000);
        work(database);
      } catch (const std::exception&) {
        failed = true;
      }
    });
  };
  for (unsigned number = 0; number < kWriters; ++number) {
    writer([&enough, random = std::mt19937(seed + number)](SQLite::Database& database) mutable {
      while (!enough) {
        transfer(database, random);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // people think before they pay again
      }
    });
  }
  writer([&](SQLite::Database& database) {
    for (int number = 0; number < kBulkTransactions; ++number) {
      write_in_bulk(database, number);
      arrived(database.execAndGet("SELECT max(seq) FROM _sluice_changelog").getInt64());
    }
  });
  writers.back().join();
  enough = true;
  writers.pop_back();
  for (auto& thread : writers) thread.join();
  CHECK_FALSE(failed);
}

TEST_SUITE_BEGIN("whole_transactions");

TEST_CASE("every commit in Postgres shows a state that SQLite committed") {
  const unsigned seed = announced_seed("whole transactions");
  PostgresCluster cluster({"wal_level = logical"});
  const std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  SqliteFile source;
  source.exec(
      "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
      "CREATE TABLE transfers (id INTEGER PRIMARY KEY, payer INTEGER, payee INTEGER, amount INTEGER);"
      "CREATE TABLE bulk (id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL);"
      "INSERT INTO accounts (balance) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
      "< " +
      std::to_string(kAccounts) + ") SELECT " + std::to_string(kOpening) + " FROM n");
  DaemonProcess daemon(shop(source.path(), cluster.url(database, PostgresCluster::kReplicaOwner)));
  daemon.start();
  must_flush(daemon);
  cluster.psql(database, "SELECT pg_create_logical_replication_slot('witness', 'test_decoding')");

  write_at_once(source.path(), seed, [&](std::int64_t position) {
    support::wait_until("a bulk transaction is in Postgres", [&] {
      return std::stoll(cluster.psql(database, "SELECT position FROM sluice.pipeline")) >= position;
    });
  });
  must_flush(daemon);
  for (const char* table : {"accounts", "transfers", "bulk"}) {
    CHECK(support::differences(source, cluster, database, {table, "", {"id"}}).empty());
  }

  std::istringstream story(cluster.psql(database,
                                        "SELECT data FROM pg_logical_slot_get_changes('witness', NULL, NULL,"
                                        " 'include-xids', '0', 'skip-empty-xacts', '1')"));
  Witness witness;
  int commits = 0;
  int changes = 0;
  for (std::string line; std::getline(story, line);) {
    if (line.starts_with("table ")) {
      ++changes;
      witness.see(decode(line));
    } else if (line == "COMMIT") {
      ++commits;
      INFO("commit " << commits);
      REQUIRE(witness.complaint() == "");
    }
  }
  MESSAGE(commits << " commits with " << changes << " changes");
  CHECK(commits >= 10);
  CHECK(changes >= kBulk * 5);
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
