#include "daemon/pipeline/pump.h"

#include <doctest/doctest.h>

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
      : config(configured(mode, max_delay)), pump(config, [] { return 1.0; }) {}

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
    pump.stepped(false, false, true);
  }
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
    bench.pump.stepped(false, false, true);
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
      CHECK_FALSE(bench.pump.settled());
      bench.pump.judged(outcome, {});
      CHECK(bench.action() == action);
      CHECK(bench.pump.settled() == (outcome == Outcome::go_on));
    }
  }

  TEST_CASE("a source that moved under a flush is judged anew, and the flush goes on") {
    Bench bench(Mode::manual);
    bench.settle();
    bench.pump.flush_requested();
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
    bench.pump.stepped(true, true, true);
    CHECK(bench.pump.state() == State::copying);
    CHECK(bench.action() == Action::step);
    bench.pump.stepped(true, false, false);
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
    bench.pump.flush_requested();
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("in manual mode only a flush moves data, the first copy included") {
    Bench bench(Mode::manual);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.next() == wait({}));
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait({}));
    bench.pump.flush_requested();
    CHECK(bench.action() == Action::step);
    bench.pump.stepped(true, true, true);
    CHECK(bench.action() == Action::step);
    CHECK(bench.pump.state() == State::copying);
    bench.pump.stepped(false, false, true);
    CHECK(bench.next() == wait({}));
    CHECK(bench.pump.state() == State::idle);
  }

  TEST_CASE("an outage is waited out with a growing backoff, for ever") {
    Bench bench;
    const Milliseconds steps[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
    for (const auto step : steps) {
      bench.pump.failed(Failure::away, bench.now);
      CHECK(bench.pump.state() == State::retrying);
      CHECK(bench.next() == wait(step));
      bench.now += step;
      CHECK(bench.action() == Action::open);
    }
    bench.settle();
    bench.pump.failed(Failure::away, bench.now);
    CHECK(bench.next() == wait(1s));
  }

  TEST_CASE("a collision is tried again at once, five times, and then waited out like an outage") {
    Bench bench(Mode::manual);
    bench.settle();
    bench.pump.flush_requested();
    for (int collision = 1; collision <= 5; ++collision) {
      bench.pump.failed(Failure::collided, bench.now);
      CHECK(bench.pump.tries_at_once());
      CHECK(bench.action() == Action::open);
      bench.pump.opened();
      bench.pump.judged(Outcome::go_on, {});
      CHECK(bench.action() == Action::step);  // the flush is still asked for
    }
    bench.pump.failed(Failure::collided, bench.now);
    CHECK_FALSE(bench.pump.tries_at_once());
    CHECK(bench.pump.state() == State::retrying);
    CHECK(bench.next() == wait(1s));
    bench.settle();
    bench.pump.failed(Failure::collided, bench.now);
    CHECK(bench.pump.tries_at_once());
  }

  TEST_CASE("a flush and a retry try at once, whatever the backoff") {
    for (const bool flush : {true, false}) {
      Bench bench;
      bench.pump.failed(Failure::away, bench.now);
      flush ? bench.pump.flush_requested() : bench.pump.retry_requested();
      CHECK(bench.action() == Action::open);
      bench.pump.opened();
      bench.pump.judged(Outcome::go_on, {});
      CHECK(bench.action() == Action::step);
      bench.pump.failed(Failure::away, bench.now);
      CHECK(bench.action() == Action::wait);
    }
  }

  TEST_CASE("a refusal halts; a change of the source may cure it, but not more often than once a second") {
    Bench bench;
    bench.settle();
    bench.now += 5s;
    bench.pump.failed(Failure::refused, bench.now);
    CHECK(bench.pump.state() == State::halted);
    CHECK(bench.next() == wait(60s));
    bench.now += 300ms;
    bench.pump.source_changed(bench.now);
    CHECK(bench.next() == wait(700ms));
    bench.now += 700ms;
    CHECK(bench.action() == Action::open);
    bench.settle();
    CHECK(bench.pump.state() == State::streaming);
    CHECK_FALSE(bench.pump.failure());
  }

  TEST_CASE("a halted pipeline looks again by itself") {
    Bench bench;
    bench.settle();
    bench.pump.failed(Failure::refused, bench.now);
    bench.now += 60s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.action() == Action::step);
  }

  TEST_CASE("what only a person can settle is not tried again by itself") {
    for (const auto failure : {Failure::diverged, Failure::finished}) {
      Bench bench;
      bench.pump.failed(failure, bench.now);
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
    bench.pump.failed(Failure::away, bench.now);
    bench.now += 1s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.pump.state() == State::idle);
    bench.pump.flush_requested();
    bench.pump.failed(Failure::refused, bench.now);
    bench.now += 60s;
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    bench.pump.judged(Outcome::go_on, {});
    CHECK(bench.next() == wait({}));
    CHECK(bench.pump.state() == State::halted);
    CHECK_FALSE(bench.pump.retry_at());
  }

  TEST_CASE("an order is carried out whatever the state, and may end what held the pipeline up") {
    for (const auto failure : {Failure::away, Failure::refused, Failure::diverged}) {
      for (const bool mended : {false, true}) {
        Bench bench;
        bench.settle();
        bench.pump.failed(failure, bench.now);
        const State before = bench.pump.state();
        bench.pump.order_given();
        CHECK(bench.action() == Action::open);
        bench.pump.opened();
        CHECK(bench.action() == Action::obey);
        CHECK(bench.pump.state() == before);
        bench.pump.obeyed(mended);
        CHECK(bench.action() == (mended ? Action::open : Action::wait));
        if (mended) {
          bench.settle();
          CHECK(bench.pump.state() == State::streaming);
        } else {
          CHECK(bench.pump.state() == before);
        }
      }
    }
  }

  TEST_CASE("an order opens both sides anew, is dropped by a pause, and is refused with what goes wrong") {
    Bench bench;
    bench.settle();
    bench.pump.order_given();
    CHECK(bench.action() == Action::open);
    bench.pump.pause_requested();
    CHECK(bench.next() == wait({}));
    bench.pump.resume_requested();
    CHECK(bench.action() == Action::open);
    bench.pump.opened();
    CHECK(bench.action() == Action::settle);
    bench.pump.order_given();
    bench.pump.failed(Failure::diverged, bench.now);
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
