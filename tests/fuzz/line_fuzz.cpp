// Random applications through the whole line: a real file, the real daemon, a real Postgres. After every look
// both sides hold the same rows.

#define DOCTEST_CONFIG_IMPLEMENT  // the scene of the tests speaks to doctest, which has to be somewhere
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <random>

#include "tests/e2e/cases/mirror.h"
#include "tests/fuzz/application.h"
#include "tests/fuzz/differential.h"
#include "tests/fuzz/shrink.h"
#include "tests/fuzz/workload.h"

namespace sluice::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenReports{10};

Scenario scenario_of(std::uint64_t seed) {
  Taste taste;
  taste.statements = 120;
  taste.schema_changes = seed % 2 == 0 ? 6 : 0;
  taste.drops_columns = true;
  taste.undone = true;
  return make_scenario(seed, taste);
}

/// A file that loses all of its tables halts even under mirror.
constexpr const char* kWitness = "CREATE TABLE witness(id INTEGER PRIMARY KEY)";

e2e::MirrorOptions options_of(const Scenario& scenario) {
  e2e::MirrorOptions options;
  options.journal_mode = scenario.journal_mode;
  options.settings = "    schema_changes: mirror\n";
  // A backlog that goes over in pieces, as well.
  if (scenario.seed % 4 == 0) options.settings += "    apply:\n      max_batch_changes: 7\n";
  return options;
}

/// One application, its daemon and its database, which goes when they do.
class Line {
 public:
  explicit Line(const Scenario& scenario)
      : scenario_(scenario),
        mirror_(kWitness, options_of(scenario)),
        application_(mirror_.source.path(), scenario, kBusyTimeoutMs) {}
  ~Line() {
    try {
      mirror_.daemon.kill();
      mirror_.cluster.psql("postgres", "DROP DATABASE " + mirror_.database + " WITH (FORCE)");
    } catch (const std::exception& error) {
      std::cerr << "a database stays until the end: " << error.what() << "\n";
    }
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  std::optional<Divergence> run(Tally& tally) {
    std::size_t i = 0;
    try {
      mirror_.start();
      for (const auto& sql : scenario_.later_triggers) application_.run({0, sql});
      for (; i < scenario_.steps.size(); ++i) {
        const std::string wrong =
            scenario_.steps[i].is_look() ? look(i) : statement(scenario_.steps[i], tally);
        if (!wrong.empty()) return Divergence{i, wrong};
      }
    } catch (const std::exception& error) {
      return Divergence{i, error.what()};
    }
    tally.changes +=
        mirror_.source.database().execAndGet("SELECT max(seq) - min(seq) FROM _sluice_changelog").getInt64();
    return std::nullopt;
  }

 private:
  /// Long enough for the daemon's short looks at a file in a rollback-journal mode.
  static constexpr int kBusyTimeoutMs = 5000;

  /// In some scenarios the daemon is killed now and then, and sleeps until the next look.
  std::string look(std::size_t step) {
    if (!mirror_.daemon.running()) mirror_.daemon.start();
    const std::string wrong = mirror_.differences();
    if (scenario_.seed % 3 == 0 && step % 4 == 0) mirror_.daemon.kill();
    return wrong;
  }

  std::string statement(const Step& step, Tally& tally) {
    ++tally.statements;
    if (application_.run(step).error.empty()) ++tally.accepted;
    return "";
  }

  const Scenario& scenario_;
  e2e::Mirror mirror_;
  Application application_;
};

std::optional<Divergence> run_line(const Scenario& scenario, Tally& tally) {
  return Line(scenario).run(tally);
}

bool still_diverges(const Scenario& scenario) try {
  Tally ignored;
  const auto divergence = run_line(scenario, ignored);
  // Left out, a COMMIT is missed by whoever waits for the lock.
  return divergence && divergence->what.find("in vain") == std::string::npos;
} catch (const std::exception&) {
  return false;
}

/// Talks to whoever watches.
class Reporter {
 public:
  explicit Reporter(std::uint64_t seed) : seed_(seed) {}

  void count_scenario() {
    ++scenarios_;
    if (Clock::now() - last_ >= kBetweenReports) tell(0);
  }

  void tell(int divergences) {
    last_ = Clock::now();
    const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(last_ - start_).count();
    std::printf(
        "[%02d:%02d] %d scenarios, %lld statements (%lld accepted), %lld changelog entries, "
        "%d divergences, seed %llu\n",
        static_cast<int>(elapsed / 60), static_cast<int>(elapsed % 60), scenarios_,
        static_cast<long long>(tally.statements), static_cast<long long>(tally.accepted),
        static_cast<long long>(tally.changes), divergences, static_cast<unsigned long long>(seed_));
    std::fflush(stdout);
  }

  Tally tally;

 private:
  std::uint64_t seed_;
  int scenarios_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

void tell_divergence(const Scenario& scenario, const Divergence& divergence) {
  std::cout << scenario.text(divergence.step) << "DIVERGENCE: " << divergence.what
            << "\nagain with: scripts/fuzz --seed " << scenario.seed << std::endl;
}

/// The seconds, and the first of the seeds.
int fuzz(int seconds, std::uint64_t seed, bool shrink) {
  Reporter reporter(seed);
  reporter.tell(0);
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  for (; Clock::now() < end; ++seed) {
    const Scenario scenario = scenario_of(seed);
    const auto divergence = run_line(scenario, reporter.tally);
    reporter.count_scenario();
    if (!divergence) continue;
    reporter.tell(1);
    tell_divergence(scenario, *divergence);
    if (shrink) {
      const Scenario least = shrunk(scenario, still_diverges);
      std::cout << "the least that still diverges:\n" << least.text(least.steps.size());
    }
    return 1;
  }
  reporter.tell(0);
  return 0;
}

std::uint64_t some_seed() {
  const char* given = std::getenv("SLUICE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

}  // namespace
}  // namespace sluice::fuzz

int main(int argc, char** argv) {
  CLI::App program("Runs random applications through the daemon and compares both sides, until they differ.");
  int seconds = 60;
  std::uint64_t seed = sluice::fuzz::some_seed();
  bool shrink = false;
  program.add_option("--seconds", seconds, "for how long")->capture_default_str();
  program.add_option("--seed", seed,
                     "of the first scenario; the next ones count on (default: SLUICE_SEED or any)");
  program.add_flag("--shrink", shrink, "on a divergence, look for the least that still diverges");
  CLI11_PARSE(program, argc, argv);
  return sluice::fuzz::fuzz(seconds, seed, shrink);
}
