// Writers that never stop hammer on the file while it moves. Whatever SQLite has acknowledged to one of them
// is in Postgres, and nothing else; after the move they are all refused, with the words that say why.

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <sstream>

#include "tests/e2e/cutover/mover.h"

namespace sluice::e2e {
namespace {

/// One writer with a connection of its own. Every name is used once, so that each acknowledged row can be
/// asked for.
class Hammer {
 public:
  Hammer(const std::filesystem::path& file, int number, unsigned seed)
      : number_(number), random_(seed), database_(connect(file, 10'000)), thread_([this] { work(); }) {}
  ~Hammer() {
    stop();
    finish();
  }
  Hammer(const Hammer&) = delete;
  Hammer& operator=(const Hammer&) = delete;

  /// Waits for the end: what SQLite said at last.
  std::string finish() {
    if (thread_.joinable()) thread_.join();
    return last_words_;
  }
  void stop() { enough_ = true; }
  int transactions() const { return transactions_; }
  /// Rows that a commit has acknowledged.
  const std::vector<std::string>& acknowledged() const { return acknowledged_; }

 private:
  void work() try {
    database_.exec("PRAGMA synchronous = OFF");
    while (!enough_) {
      const auto rows = random_() % 20 == 0 ? 400 : 1 + random_() % 3;
      std::vector<std::string> names;
      if (rows == 1) {
        names.push_back(insert());  // autocommit
      } else {
        SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
        for (auto left = rows; left > 0; --left) names.push_back(insert());
        database_.exec("UPDATE stock SET pieces = pieces + 1");
        transaction.commit();
      }
      acknowledged_.insert(acknowledged_.end(), names.begin(), names.end());
      ++transactions_;
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 4000));  // an application thinks
    }
  } catch (const SQLite::Exception& refused) {
    last_words_ = refused.what();
  }

  std::string insert() {
    const std::string name = "w" + std::to_string(number_) + "-" + std::to_string(next_++);
    database_.exec("INSERT INTO goods (name) VALUES ('" + name + "')");
    return name;
  }

  int number_;
  std::mt19937 random_;
  SQLite::Database database_;
  int next_ = 0;
  std::atomic<bool> enough_ = false;
  std::atomic<int> transactions_ = 0;
  std::vector<std::string> acknowledged_;
  std::string last_words_;
  std::thread thread_;
};

/// What the sqlite3 shell finds in the file.
std::string shell(const std::filesystem::path& file, const std::string& sql) {
  auto said = support::run({.arguments = {"sqlite3", "-readonly", file, sql}});
  if (!said.out.empty()) said.out.pop_back();
  return said.out;
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

void hammer(const std::string& journal_mode, unsigned seed) {
  Mover shop({.journal_mode = journal_mode, .settings = ""});
  shop.start();
  std::vector<std::unique_ptr<Hammer>> hammers;
  for (int i = 0; i < 4; ++i)
    hammers.push_back(std::make_unique<Hammer>(shop.source.path(), i, seed + static_cast<unsigned>(i)));
  support::wait_until("the writers are at work", [&] {
    return std::all_of(hammers.begin(), hammers.end(),
                       [](const auto& each) { return each->transactions() > 20; });
  });

  const auto report = shop.cut_over(R"({"max_lock_ms":10000})");
  CAPTURE(report.body);
  const bool moved = report.json.contains("outcome");
  CHECK(moved);
  if (!moved) {
    for (const auto& each : hammers) each->stop();
  }
  const auto arrived = lines_of(shop.server("SELECT name FROM goods WHERE name LIKE 'w%'"));
  std::size_t acknowledged = 0;
  std::size_t missing = 0;
  for (const auto& each : hammers) {
    CHECK(each->finish() == kHasMoved);
    acknowledged += each->acknowledged().size();
    for (const auto& name : each->acknowledged()) missing += arrived.contains(name) ? 0 : 1;
  }
  CHECK(missing == 0);
  CHECK(arrived.size() == acknowledged);
  MESSAGE(journal_mode << ": " << acknowledged << " rows acknowledged, locked for "
                       << report.json.value("locked_ms", 0.0) << " ms");
  for (const char* sum : {"SELECT count(*), sum(id), max(id) FROM goods", "SELECT sum(pieces) FROM stock"})
    CHECK(shell(shop.source.path(), sum) == shop.server(sum));
  CHECK(std::stoll(shop.server("SELECT nextval('goods_id_seq')")) ==
        std::stoll(shell(shop.source.path(), "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'goods'")));
}

}  // namespace

TEST_SUITE("hammer") {
  TEST_CASE("no row that was acknowledged is missing in Postgres") {
    const unsigned seed = announced_seed("hammer");
    for (const std::string journal_mode : {"wal", "delete"}) {
      CAPTURE(journal_mode);
      hammer(journal_mode, seed);
    }
  }
}

}  // namespace sluice::e2e
