#include "daemon/pipeline/call_watch.h"

#include <algorithm>
#include <utility>

#include "daemon/sync/replicator.h"

namespace sluice::daemon {
namespace {

using std::chrono::seconds;
using Duration = Pump::Clock::duration;

/// Most calls are over sooner.
constexpr seconds kLong{1};

/// A look costs the server a connection: the longer the call lasts, the less there is in knowing at once.
constexpr Duration kLeastPause = seconds(2);
constexpr Duration kMostPause = seconds(5);

/// What was seen so long ago says nothing of the call that has just ended.
constexpr seconds kFresh{10};

Duration pause_after(Duration age) {
  return std::clamp(age / 4, kLeastPause, kMostPause);
}

}  // namespace

std::optional<Duration> CallWatch::age(Pump::Time now) {
  const auto call = lifeline_->waiting_call();
  if (call != number_) {
    number_ = call;
    since_ = now;
  }
  if (call == 0) return std::nullopt;
  return now - since_;
}

std::optional<LongCall> CallWatch::due(Pump::Time now) {
  const auto lasts = age(now);
  if (!lasts || *lasts < kLong) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  const bool looked = seen_call_ == number_ && now - looked_at_ < pause_after(*lasts);
  if (looking_ || looked) return std::nullopt;
  looking_ = true;
  const auto began = std::chrono::system_clock::now() -
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(*lasts);
  return LongCall{number_, lifeline_->attached(), lifeline_->backend(), began};
}

bool CallWatch::saw(const LongCall& call, std::optional<Waiting> waiting) {
  const std::scoped_lock lock(mutex_);
  looking_ = false;
  looked_at_ = Pump::Clock::now();
  const auto told = [](const std::optional<Waiting>& each) { return each ? sentence(*each) : std::string(); };
  const bool news = waiting && (seen_call_ != call.number || told(seen_) != told(waiting));
  seen_call_ = call.number;
  seen_ = std::move(waiting);
  return news && lifeline_->waiting_call() == call.number;
}

std::optional<Waiting> CallWatch::waiting() const {
  const auto call = lifeline_->waiting_call();
  const std::scoped_lock lock(mutex_);
  return call != 0 && call == seen_call_ ? seen_ : std::nullopt;
}

std::optional<Waiting> CallWatch::waited() const {
  const std::scoped_lock lock(mutex_);
  return Pump::Clock::now() - looked_at_ < kFresh ? seen_ : std::nullopt;
}

}  // namespace sluice::daemon
