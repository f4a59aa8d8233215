// Backups put back over the live file and written past the number that Postgres holds. The numbers fit again
// then, and where most writes hit one row, the entries do so as well: the nonces alone tell the histories
// apart.

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/e2e/cases/backups.h"

namespace sluice::e2e {
namespace {

constexpr int kOrdinaryTrials = 10;

enum class Nonces { kept, wiped };

/// How an application's writes are spread.
struct Habit {
  int rows;
  double share_of_hot_row;
};
constexpr Habit kOneHotRow{50, 0.9};
constexpr Habit kOneRow{1, 1.0};

/// One backup put back.
class Trial {
 public:
  Trial(const Habit& habit, unsigned seed)
      : habit_(habit),
        random_(seed),
        mirror_(schema(habit)),
        backup_(mirror_.source.folder() / "backup.db") {}

  /// Has the daemon refused to go on, with nothing written?
  bool noticed(Nonces nonces) {
    const int lost = have_it_applied();
    const std::string before = contents(mirror_, "counter");
    put_back();
    write(lost + some(1, 40));
    if (nonces == Nonces::wiped) wipe_nonces();
    mirror_.daemon.start();
    return ends_diverged() && contents(mirror_, "counter") == before;
  }

 private:
  static std::string schema(const Habit& habit) {
    return "CREATE TABLE counter(id INTEGER PRIMARY KEY, value INTEGER);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(habit.rows) + ") INSERT INTO counter SELECT i, 0 FROM n;";
  }

  int some(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }

  /// The backup is taken in the midst. The number of changes after it.
  int have_it_applied() {
    mirror_.start();
    write(some(1, 20));
    back_up(mirror_.source.path(), backup_);
    const int after = some(1, 40);
    write(after);
    REQUIRE(mirror_.differences() == "");
    mirror_.daemon.stop();
    return after;
  }

  void write(int changes) {
    std::bernoulli_distribution hot(habit_.share_of_hot_row);
    for (int i = 0; i < changes; ++i) {
      const int row = hot(random_) ? 1 : some(1, habit_.rows);
      mirror_.run("UPDATE counter SET value = " + std::to_string(some(1, 1'000'000)) +
                  " WHERE id = " + std::to_string(row));
    }
  }

  void put_back() {
    close_application(mirror_);
    std::filesystem::copy_file(backup_, mirror_.source.path(),
                               std::filesystem::copy_options::overwrite_existing);
    open_application(mirror_);
  }

  /// As if the changelog had never had any.
  void wipe_nonces() {
    mirror_.run("UPDATE _sluice_changelog SET nonce = 0");
    mirror_.server("UPDATE sluice.pipeline SET nonce = 0");
  }

  bool ends_diverged() {
    std::string state;
    support::wait_until("the daemon has judged the file", [&] {
      const auto status = mirror_.status();
      if (status.is_object()) state = status.at("state");
      return state == "diverged" || state == "streaming";
    });
    return state == "diverged";
  }

  Habit habit_;
  std::mt19937 random_;
  Mirror mirror_;
  std::filesystem::path backup_;
};

int unnoticed(const Habit& habit, int trials, Nonces nonces) {
  const unsigned seed = announced_seed("restored backups");
  int missed = 0;
  for (int i = 0; i < trials; ++i)
    missed += Trial(habit, seed + static_cast<unsigned>(i)).noticed(nonces) ? 0 : 1;
  MESSAGE((trials - missed) << " of " << trials << " restored backups were noticed");
  return missed;
}

int trials() {
  return (number_from("SLUICE_RESTORES", kOrdinaryTrials) + 1) / 2;
}

}  // namespace

TEST_CASE(
    "a restored backup that was written past the old number is noticed, with 90 % of the writes on one row") {
  CHECK(unnoticed(kOneHotRow, trials(), Nonces::kept) == 0);
}

TEST_CASE("a restored backup that was written past the old number is noticed in a table of one row") {
  CHECK(unnoticed(kOneRow, trials(), Nonces::kept) == 0);
}

TEST_CASE("without its nonces a restored backup of one row goes unnoticed") {
  CHECK(unnoticed(kOneRow, 1, Nonces::wiped) == 1);
}

}  // namespace sluice::e2e
