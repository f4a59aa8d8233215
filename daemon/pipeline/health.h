#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "applier/server/session.h"

namespace sluice::daemon {

/// Whether a strand moves: it marks that it does, and one other thread looks. A call that waits for the
/// server may wait, but not without end.
class Health {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Health(std::shared_ptr<applier::Lifeline> lifeline);

  /// The strand has moved. Any thread.
  void moved();

  /// Is it moving, or waiting inside a call to the server for no longer than the deadline? Cuts a call that
  /// is over it. One thread.
  bool look(Time now);

 private:
  std::shared_ptr<applier::Lifeline> lifeline_;
  std::atomic<std::chrono::steady_clock::rep> moved_at_;
  std::uint64_t watched_call_ = 0;
  Time watched_since_{};
};

}  // namespace sluice::daemon
