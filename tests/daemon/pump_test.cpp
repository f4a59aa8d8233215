#include "daemon/pipeline/pump.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "daemon/pipeline/backoff.h"

using namespace sluice::daemon;
using namespace std::chrono_literals;

namespace {

/// A pump with a clock that stands still until it is moved, and no chance in it.
struct Bench {
  PipelineConfig config;
  Pump::Time now{};
  Pump pump;

  explicit Bench(Mode mode = Mode::continuous, Milliseconds max_delay = 0ms)
      : config(configured(mode, max_delay)),
        pump(
            config, [] { return 1.0; }, now) {}

  static PipelineConfig configured(Mode mode, Milliseconds max_delay) {
    PipelineConfig config;
    config.mode = mode;
    config.apply.max_delay = max_delay;
    return config;
  }

  Pump::Decision next() const { return pump.next(now); }
  Action action() const { return next().action; }

  void settle() {
    pump.opened();
    pump.judged(Outcome::go_on, {});
    step();
  }

  /// A step that leaves nothing to do, or less.
  bool step(bool more = false, Standing standing = {}) {
    return pump.stepped({more, standing.whole, standing});
  }
  Aftermath fail(Failure failure) { return pump.failed({.failure = failure, .id = "e"}, now); }
};

Pump::Decision wait(std::optional<Milliseconds> timeout) {
  return {Action::wait, timeout};
}

}  // namespace

TEST_SUITE("pump") {
  TEST_CASE("opens, looks once, then waits for a change or the poll") {
    Bench bench;
    CHECK(bench.action() == Action::open);
    CHECK(bench.pump.state() == State::starting);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.action() == Action::step);
    bench.step();
    CHECK(bench.next() == wait(1000ms));
    CHECK(bench.pump.state() == State::streaming);
    bench.pump.source_changed(bench.now);
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("what a look at the source comes to decides what is done next") {
    const std::pair<Outcome, Action> answers[] = {{Outcome::go_on, Action::step},
                                                  {Outcome::reinstall, Action::settle},
                                                  {Outcome::resync_tables, Action::copy_again},
                                                  {Outcome::resync_all, Action::copy_again},
                                                  {Outcome::diverged, Action::diverge}};
    for (const auto& each : answers) {
      const Outcome outcome = each.first;
      const Action action = each.second;
      CAPTURE(to_string(outcome));
      Bench bench;
      bench.pump.opened();
      CHECK(bench.action() == Action::settle);
      CHECK_FALSE(bench.pump.follows());
      bench.pump.judged(outcome, {});
      CHECK(bench.action() == action);
      CHECK(bench.pump.follows() == (outcome == Outcome::go_on));
    }
  }

  TEST_CASE("a source that moved under a flush is judged anew, and the flush goes on") {
    Bench bench(Mode::manual);
    bench.settle();
    bench.pump.requested(Request::flush);
    CHECK(bench.action() == Action::step);
    bench.pump.judged(Outcome::reinstall, {});
    CHECK(bench.action() == Action::settle);
    bench.pump.judged(Outcome::resync_tables, {});
    CHECK(bench.action() == Action::copy_again);
    bench.pump.judged(Outcome::go_on, {.copying = true});
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("goes on while a step leaves something to do, and says what it is doing") {
    Bench bench;
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    bench.step(true, {.copying = true});
    CHECK(bench.pump.state() == State::copying);
    CHECK(bench.action() == Action::step);
    bench.step(true, {.whole = false});
    CHECK(bench.pump.state() == State::catching_up);
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("gathers changes for apply.max_delay, but a flush does not wait for it") {
    Bench bench(Mode::continuous, 200ms);
    bench.settle();
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait(200ms));
    bench.now += 150ms;
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait(50ms));
    bench.pump.requested(Request::flush);
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("in manual mode only a flush moves data, the first copy included") {
    Bench bench(Mode::manual);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.next() == wait(1s));
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait(1s));
    bench.pump.requested(Request::flush);
    CHECK(bench.action() == Action::step);
    bench.step(true, {.copying = true});
    CHECK(bench.action() == Action::step);
    CHECK(bench.pump.state() == State::copying);
    bench.step();
    CHECK(bench.next() == wait(1s));
    CHECK(bench.pump.state() == State::idle);
  }

  TEST_CASE("an outage is waited out with a growing backoff, for ever") {
    Bench bench;
    const Milliseconds steps[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
    for (const auto step : steps) {
      bench.fail(Failure::away);
      CHECK(bench.pump.state() == State::retrying);
      CHECK(bench.next() == wait(step));
      bench.now += step;
      CHECK(bench.action() == Action::open);
    }
    bench.settle();
    bench.fail(Failure::away);
    CHECK(bench.next() == wait(1s));
  }

  TEST_CASE("a collision is tried again at once, five times, and then waited out like an outage") {
    Bench bench(Mode::manual);
    bench.settle();
    bench.pump.requested(Request::flush);
    for (int collision = 1; collision <= 5; ++collision) {
      CHECK_FALSE(bench.fail(Failure::collided).told);
      CHECK(bench.action() == Action::open);
      bench.pump.opened();
      bench.pump.judged(Outcome::go_on, {});
      CHECK(bench.action() == Action::step);  // the flush is still asked for
    }
    CHECK(bench.fail(Failure::collided).told);
    CHECK(bench.pump.state() == State::retrying);
    CHECK(bench.next() == wait(1s));
    bench.settle();
    CHECK_FALSE(bench.fail(Failure::collided).told);
  }

  TEST_CASE("a flush and a retry try at once, whatever the backoff") {
    for (const bool flush : {true, false}) {
      Bench bench;
      bench.fail(Failure::away);
      flush ? bench.pump.requested(Request::flush) : bench.pump.retry_requested();
      CHECK(bench.action() == Action::open);
      bench.pump.opened();
      bench.pump.judged(Outcome::go_on, {});
      CHECK(bench.action() == Action::step);
      bench.fail(Failure::away);
      CHECK(bench.action() == Action::wait);
    }
  }

  TEST_CASE("a refusal halts; a change of the source may cure it, but not more often than once a second") {
    Bench bench;
    bench.settle();
    bench.now += 5s;
    bench.fail(Failure::refused);
    CHECK(bench.pump.state() == State::halted);
    CHECK(bench.next() == wait(60s));
    bench.now += 300ms;
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait(700ms));
    bench.now += 700ms;
    CHECK(bench.action() == Action::open);
    bench.settle();
    CHECK(bench.pump.state() == State::streaming);
    CHECK_FALSE(bench.pump.failed());
  }

  TEST_CASE("a halted pipeline looks again by itself") {
    Bench bench;
    bench.settle();
    bench.fail(Failure::refused);
    bench.now += 60s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("what only a person can settle is not tried again by itself") {
    for (const auto failure : {Failure::diverged, Failure::finished}) {
      Bench bench;
      bench.fail(failure);
      bench.now += 24h;
      bench.pump.source_changed(bench.now);
      CHECK(bench.next() == wait({}));
      CHECK_FALSE(bench.pump.retry_at());
      bench.pump.retry_requested();
      CHECK(bench.action() == Action::open);
    }
  }

  TEST_CASE("in manual mode an outage ends with the connection, and a halt waits for the next flush") {
    Bench bench(Mode::manual);
    bench.fail(Failure::away);
    bench.now += 1s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.pump.state() == State::idle);
    bench.pump.requested(Request::flush);
    bench.fail(Failure::refused);
    bench.now += 60s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.next() == wait(1s));
    CHECK(bench.pump.state() == State::halted);
    CHECK_FALSE(bench.pump.retry_at());
  }

  TEST_CASE("a command is carried out whatever the state, and may end what held the pipeline up") {
    for (const auto failure : {Failure::away, Failure::refused, Failure::diverged}) {
      for (const bool repaired : {false, true}) {
        Bench bench;
        bench.settle();
        bench.fail(failure);
        const State before = bench.pump.state();
        bench.pump.requested(Request::command);
        CHECK(bench.action() == Action::open);
        bench.pump.opened();
        CHECK(bench.action() == Action::run_command);
        CHECK(bench.pump.state() == before);
        bench.pump.command_done(repaired);
        CHECK(bench.action() == (repaired ? Action::open : Action::wait));
        if (repaired) {
          bench.settle();
          CHECK(bench.pump.state() == State::streaming);
        } else {
          CHECK(bench.pump.state() == before);
        }
      }
    }
  }

  TEST_CASE("a command opens both sides anew, is dropped by a pause, and is refused with what goes wrong") {
    Bench bench;
    bench.settle();
    bench.pump.requested(Request::command);
    CHECK(bench.action() == Action::open);
    bench.pump.pause_requested();
    CHECK(bench.next() == wait({}));
    bench.pump.resume_requested();
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    CHECK(bench.action() == Action::settle);
    bench.pump.requested(Request::command);
    bench.fail(Failure::diverged);
    CHECK(bench.next() == wait({}));
  }

  TEST_CASE("a pause holds everything up until it ends") {
    Bench bench;
    bench.settle();
    bench.pump.pause_requested();
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait({}));
    CHECK(bench.pump.state() == State::paused);
    bench.pump.resume_requested();
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("leaving comes before everything else") {
    Bench bench;
    bench.settle();
    bench.pump.pause_requested();
    bench.pump.leave_requested();
    CHECK(bench.action() == Action::leave);
    CHECK(bench.pump.state() == State::stopped);
  }

  TEST_CASE("a comparison is remembered until it is answered, whatever kind of step comes between") {
    for (const Mode mode : {Mode::continuous, Mode::manual}) {
      Bench bench(mode);
      bench.settle();
      bench.pump.requested(Request::comparison);
      CHECK(bench.action() == Action::step);
      CHECK(bench.step(true, {.copying = true}) == false);
      CHECK(bench.pump.state() == State::copying);
      bench.step();  // the end of a copy
      CHECK(bench.action() == Action::step);
      bench.pump.judged(Outcome::reinstall, {});  // the schema moved
      CHECK(bench.action() == Action::settle);
      bench.pump.judged(Outcome::go_on, {});
      bench.step();
      CHECK(bench.action() == Action::step);
      bench.pump.comparisons_done();
      CHECK(bench.action() == Action::wait);
    }
  }

  TEST_CASE("an outage delays a comparison, and any other failure answers it") {
    for (const Mode mode : {Mode::continuous, Mode::manual}) {
      Bench bench(mode);
      bench.settle();
      bench.pump.requested(Request::comparison);
      CHECK_FALSE(bench.fail(Failure::away).answers_comparison);
      CHECK(bench.next() == wait(1s));
      bench.now += 1s;
      bench.pump.opened();
      bench.pump.judged(Outcome::go_on, {});
      CHECK(bench.action() == Action::step);
      CHECK(bench.fail(Failure::refused).answers_comparison);
    }
  }

  TEST_CASE("a flush is answered at a boundary with nothing left, and not before") {
    Bench bench(Mode::manual);
    bench.settle();
    bench.pump.requested(Request::flush);
    CHECK_FALSE(bench.step(true));
    CHECK_FALSE(bench.step(false, {.whole = false}));
    CHECK(bench.action() == Action::step);
    CHECK(bench.step());
    CHECK(bench.action() == Action::wait);
  }

  TEST_CASE("those who wait get a second connection where the first was stale, once") {
    Bench bench;
    bench.settle();
    const Failed stale{.failure = Failure::away, .id = "e", .stale = true};
    bench.pump.requested(Request::flush);
    const Aftermath first = bench.pump.failed(stale, bench.now);
    CHECK_FALSE(first.told);
    CHECK_FALSE(first.answers_requests);
    CHECK(bench.action() == Action::open);
    CHECK(bench.pump.failed(stale, bench.now).answers_requests);
    CHECK(bench.next() == wait(1s));
    bench.settle();
    CHECK(bench.pump.failed(stale, bench.now).told);  // nobody waits
  }

  TEST_CASE("what somebody changed on the server under our hands is looked at anew before it is told, once") {
    Bench bench;
    const Failed gone{.failure = Failure::refused, .id = "e", .second_look = true};
    CHECK(bench.pump.failed(gone, bench.now).told);  // nothing was found fit before
    bench.settle();
    bench.step();
    bench.pump.requested(Request::flush);
    const Aftermath first = bench.pump.failed(gone, bench.now);
    CHECK_FALSE(first.told);
    CHECK_FALSE(first.answers_requests);
    CHECK(bench.action() == Action::open);
    const Aftermath second = bench.pump.failed(gone, bench.now);
    CHECK(second.told);
    CHECK(second.answers_requests);
    CHECK(bench.pump.state() == State::halted);
  }

  TEST_CASE("the same failure is logged once, until the pipeline has run in between") {
    Bench bench;
    bench.settle();
    CHECK(bench.fail(Failure::refused).logged);
    CHECK_FALSE(bench.fail(Failure::refused).logged);
    CHECK(bench.fail(Failure::refused).told);
    CHECK(bench.pump.failed({.failure = Failure::refused, .id = "another"}, bench.now).logged);
    bench.settle();
    CHECK(bench.pump.failed({.failure = Failure::refused, .id = "another"}, bench.now).logged);
    CHECK_FALSE(bench.fail(Failure::finished).logged);
  }

  TEST_CASE("where the file is at fault any event of it is worth an attempt, else only news") {
    Bench bench;
    bench.settle();
    bench.pump.failed({.failure = Failure::refused, .id = "e", .source = true}, bench.now);
    bench.pump.source_stirred(false, bench.now);
    CHECK(bench.next() == wait(1s));
    bench.settle();
    bench.fail(Failure::refused);
    bench.pump.source_stirred(false, bench.now);
    CHECK(bench.next() == wait(60s));
    bench.pump.source_stirred(true, bench.now);
    CHECK(bench.next() == wait(1s));
  }

  TEST_CASE("a cure that was committed while the row was refused is heeded") {
    Bench bench;
    bench.settle();
    bench.pump.failed({.failure = Failure::refused, .id = "e", .source_moved = true}, bench.now);
    CHECK(bench.next() == wait(1s));
  }

  TEST_CASE("quarantined rows are tried again in their time, or when asked for") {
    Bench bench;
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {.quarantined = 1});
    bench.step(false, {.quarantined = 1});
    CHECK(bench.action() == Action::wait);
    bench.now += 61s;
    CHECK(bench.action() == Action::retry_quarantine);
    bench.pump.quarantine_retried(bench.now);
    CHECK(bench.action() == Action::settle);
    bench.pump.judged(Outcome::go_on, {.quarantined = 1});
    CHECK(bench.action() == Action::step);
    bench.step(false, {.quarantined = 1});
    CHECK(bench.action() == Action::wait);
    bench.pump.quarantine_retry_requested();
    CHECK(bench.action() == Action::retry_quarantine);
  }

  TEST_CASE("in manual mode quarantined rows wait for a flush") {
    Bench bench(Mode::manual);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {.quarantined = 1});
    bench.now += 61s;
    CHECK(bench.next() == wait(1s));
    bench.pump.requested(Request::flush);
    CHECK(bench.action() == Action::retry_quarantine);
  }

  TEST_CASE("every phase has a way out, and no event leads where the table does not say") {
    for (const Phase from :
         {Phase::starting, Phase::running, Phase::retrying, Phase::halted, Phase::diverged}) {
      CHECK(next_phase(from, PhaseEvent::stepped) == Phase::running);
      CHECK(next_phase(from, PhaseEvent::away) == Phase::retrying);
      CHECK(next_phase(from, PhaseEvent::finished) == Phase::finished);
    }
    CHECK(next_phase(Phase::halted, PhaseEvent::settled) == Phase::halted);
    CHECK(next_phase(Phase::halted, PhaseEvent::reached) == Phase::halted);
  }

  TEST_CASE("docs/ARCHITECTURE.md shows the tables as the program has them") {
    std::ifstream stream(PROJECT_FOLDER "/docs/ARCHITECTURE.md");
    const std::string page(std::istreambuf_iterator<char>(stream), {});
    for (const std::string& printed :
         {transitions_markdown(), "```mermaid\n" + transitions_diagram() + "```\n",
          Pump::decisions_markdown()}) {
      CHECK_MESSAGE(page.find(printed) != std::string::npos, "the page lacks:\n" << printed);
    }
  }

  TEST_CASE("backoff draws from the whole step and never waits for nothing") {
    double drawn = 0;
    Backoff backoff(100ms, 1s, [&] { return drawn; });
    CHECK(backoff.next() == 10ms);
    drawn = 0.5;
    CHECK(backoff.next() == 100ms);
    CHECK(backoff.next() == 200ms);
    for (int i = 0; i < 5; ++i) backoff.next();
    CHECK(backoff.next() == 500ms);
    backoff.reset();
    CHECK(backoff.next() == 50ms);
  }
}
