// Looks on threads of their own: which begin, which wait, which are given up.

#include "daemon/inspect/lookout.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <utility>

#include "tests/support/wait_until.h"

namespace sluice::daemon {
namespace {

using std::chrono::milliseconds;

/// A look that has begun when it says so, and goes on until it is let go of.
struct Held {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  bool open = false;
  std::atomic<bool> begun = false;
  std::optional<Reply<int>::Outcome> outcome;
  bool wanted = true;

  void let_go() {
    if (!std::exchange(open, true)) gate.set_value();
  }
  bool refused(Refused why) const {
    const auto* error = outcome ? std::get_if<ControlError>(&*outcome) : nullptr;
    return error != nullptr && error->why == why && !error->hint.empty();
  }
};

/// A lookout with the control thread that it needs: the test's own.
struct Scene {
  explicit Scene(std::size_t threads, milliseconds deadline = std::chrono::minutes(1))
      : lookout(control, threads, deadline) {}
  ~Scene() {
    for (auto& each : asked) each->let_go();
    if (!lookout.idle()) wait([&] { return lookout.idle(); });
  }

  Held& ask(const std::string& pipeline) {
    auto held = std::make_shared<Held>();
    asked.push_back(held);
    const auto work = [held](const LookLine&) {
      held->begun = true;
      held->opened.wait();
      return 7;
    };
    const auto take = [held](Reply<int>::Outcome outcome) { held->outcome = std::move(outcome); };
    lookout.ask(
        std::make_shared<LookFor<int>>(pipeline, work, Reply<int>(take, [held] { return held->wanted; })));
    return *held;
  }
  template <typename Condition>
  void wait(Condition condition) {
    support::wait_until("the looks are as far", [&] {
      control.restart();
      control.poll();
      return condition();
    });
  }

  boost::asio::io_context control;
  std::vector<std::shared_ptr<Held>> asked;
  Lookout lookout;
};

}  // namespace

TEST_CASE("a pipeline has one look at a time, and another pipeline's goes on beside it") {
  Scene scene(2);
  Held& first = scene.ask("shop");
  Held& second = scene.ask("shop");
  Held& other = scene.ask("cafe");
  scene.wait([&] { return first.begun && other.begun; });
  CHECK_FALSE(second.begun);
  first.let_go();
  scene.wait([&] { return first.outcome.has_value() && second.begun; });
  CHECK(std::get<int>(*first.outcome) == 7);
  CHECK_FALSE(other.outcome.has_value());
}

TEST_CASE("no more begin than there are threads, and the next in turn does") {
  Scene scene(1);
  Held& first = scene.ask("shop");
  Held& second = scene.ask("cafe");
  scene.wait([&] { return first.begun.load(); });
  CHECK_FALSE(second.begun);
  first.let_go();
  scene.wait([&] { return second.begun.load(); });
}

TEST_CASE("what is too much is refused at once, of one pipeline and in all") {
  Scene scene(1);
  for (std::size_t i = 0; i < Lookout::kOfOnePipeline; ++i)
    CHECK_FALSE(scene.ask("shop").outcome.has_value());
  CHECK(scene.ask("shop").refused(Refused::busy));
  for (std::size_t i = Lookout::kOfOnePipeline; i < Lookout::kInAll; ++i)
    CHECK_FALSE(scene.ask("cafe " + std::to_string(i)).outcome.has_value());
  CHECK(scene.ask("bar").refused(Refused::busy));
}

TEST_CASE("a look that nobody waits for any more is not begun, and makes room") {
  Scene scene(1);
  Held& first = scene.ask("shop");
  for (std::size_t i = 1; i < Lookout::kOfOnePipeline; ++i) scene.ask("shop").wanted = false;
  Held& next = scene.ask("shop");
  CHECK_FALSE(next.outcome.has_value());
  first.let_go();
  scene.wait([&] { return next.begun.load(); });
  for (std::size_t i = 1; i < Lookout::kOfOnePipeline; ++i) CHECK_FALSE(scene.asked[i]->begun);
}

TEST_CASE("a look is answered by its deadline, under way or not, and the second answer goes nowhere") {
  Scene scene(1, milliseconds(1));
  Held& first = scene.ask("shop");
  Held& second = scene.ask("shop");
  scene.wait([&] { return first.outcome.has_value() && second.outcome.has_value(); });
  CHECK(first.refused(Refused::timed_out));
  CHECK(second.refused(Refused::timed_out));
  CHECK_FALSE(second.begun);
  first.let_go();
  scene.wait([&] { return scene.lookout.idle(); });
  CHECK(first.refused(Refused::timed_out));
}

TEST_CASE("who joins a look that has not begun is answered with it") {
  Scene scene(1);
  Held& first = scene.ask("shop");
  std::vector<int> answers;
  const auto take = [&](const Reply<int>::Outcome& outcome) { answers.push_back(std::get<int>(outcome)); };
  const auto shared = std::make_shared<LookFor<int>>(
      "shop", [](const LookLine&) { return 8; }, take);
  scene.lookout.ask(shared);
  REQUIRE_FALSE(shared->begun());
  shared->join(take);
  first.let_go();
  scene.wait([&] { return answers.size() == 2; });
  CHECK(answers == std::vector<int>{8, 8});
  CHECK(shared->begun());
}

TEST_CASE("a lookout that closes refuses what waits and what comes, and says when the last look is over") {
  Scene scene(1);
  Held& first = scene.ask("shop");
  Held& second = scene.ask("shop");
  scene.wait([&] { return first.begun.load(); });
  bool closed = false;
  scene.lookout.close([&] { closed = true; });
  CHECK(first.refused(Refused::unavailable));
  CHECK(second.refused(Refused::unavailable));
  CHECK(scene.ask("cafe").refused(Refused::unavailable));
  CHECK_FALSE(closed);
  first.let_go();
  scene.wait([&] { return closed; });
  CHECK_FALSE(second.begun);
}

}  // namespace sluice::daemon
