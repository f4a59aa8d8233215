#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace sluice::applier {
class Lifeline;
}

namespace sluice::daemon {

/// Whether a strand moves: it marks that it does, and one other thread looks. A call that waits for the
/// server may wait, but not without end.
class Health {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Health(std::shared_ptr<applier::Lifeline> lifeline);

  /// The strand has moved. Any thread.
  void moved();

  /// Is it moving, or waiting inside a call to the server, which has lasted for `call`, for no longer than
  /// the deadline? Cuts a call that is over it. One thread.
  bool look(Clock::time_point now, std::optional<Clock::duration> call);

 private:
  std::shared_ptr<applier::Lifeline> lifeline_;
  std::atomic<Clock::rep> moved_at_;
};

}  // namespace sluice::daemon
