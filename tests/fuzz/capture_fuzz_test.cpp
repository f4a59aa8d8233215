// Random applications: after every look the copy that was fed from the changelog alone is equal, and the
// application gets the answers that it would get without us.

#include <doctest/doctest.h>

#include <chrono>

#include "tests/e2e/scene.h"
#include "tests/fuzz/differential.h"
#include "tests/fuzz/shrink.h"

namespace sluice::fuzz {
namespace {

constexpr int kLeast = 50;

/// Does a part of a scenario still go wrong, and not just stand in its own way?
bool goes_wrong(const Scenario& scenario) try {
  const auto divergence = run_captured(scenario);
  return divergence && divergence->what.find("database is locked") == std::string::npos;
} catch (const std::exception&) {
  return false;
}

std::string report(const Scenario& scenario) {
  if (!goes_wrong(scenario)) return "it goes right the second time";
  const Scenario least = shrunk(scenario, goes_wrong);
  const auto divergence = run_captured(least).value();
  return least.text(divergence.step) + divergence.what;
}

void run_for_a_while(const std::string& test, const Taste& taste) {
  std::uint64_t seed = e2e::announced_seed(test);
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(e2e::number_from("SLUICE_FUZZ_SECONDS", 3));
  Tally tally;
  int scenarios = 0;
  for (; std::chrono::steady_clock::now() < end || scenarios < kLeast; ++scenarios, ++seed) {
    const Scenario scenario = make_scenario(seed, taste);
    CAPTURE(seed);
    const auto divergence = run_captured(scenario, {}, &tally);
    if (divergence) FAIL(report(scenario));
  }
  MESSAGE(scenarios << " scenarios, " << tally.statements << " statements, " << tally.accepted
                    << " of them accepted, " << tally.changes << " changes");
}

}  // namespace

TEST_CASE("random statements under every conflict policy leave the copy equal") {
  Taste taste;
  taste.wild_values = 8;
  taste.intruders = true;
  run_for_a_while("capture fuzz", taste);
}

TEST_CASE("random statements between changes of the schema leave the copy equal") {
  Taste taste;
  taste.wild_values = 8;
  taste.intruders = true;
  taste.schema_changes = 8;
  taste.drops_columns = true;
  taste.undone = true;
  run_for_a_while("capture fuzz with changes of the schema", taste);
}

TEST_CASE("what came and went between two looks is noticed by what it has done to the rows") {
  Scenario scenario;
  scenario.journal_mode = "wal";
  scenario.connections = {""};
  scenario.schema = {"CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER, v INTEGER DEFAULT 5)",
                     "INSERT INTO t VALUES(1, 1, 1), (2, 2, 2)"};
  const auto happens = [&](const std::vector<std::string>& statements) {
    for (const auto& sql : statements) scenario.steps.push_back({0, sql});
    scenario.steps.push_back({});
    const auto divergence = run_captured(scenario);
    return divergence ? divergence->what : "";
  };
  SUBCASE("a unique index") {
    CHECK(happens({"CREATE UNIQUE INDEX x ON t(u)", "INSERT OR REPLACE INTO t VALUES(3, 1, 9)",
                   "DROP INDEX x"}) == "");
  }
  SUBCASE("a trigger that keeps ours from running") {
    CHECK(happens({"CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE); END",
                   "INSERT INTO t VALUES(5, 5, 5)", "DROP TRIGGER x"}) == "");
  }
  SUBCASE("the absence of a column") {
    CHECK(happens({"ALTER TABLE t DROP COLUMN v", "ALTER TABLE t ADD COLUMN v INTEGER DEFAULT 5"}) == "");
  }
}

}  // namespace sluice::fuzz
