#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "daemon/pipeline/pump.h"
#include "daemon/report/waiting.h"

namespace sluice::applier {
class Lifeline;
}

namespace sluice::daemon {

/// Watches over the calls that a pipeline's strand makes to the server: how long one lasts, and whom it waits
/// for, as somebody finds out who looks beside it.
class CallWatch {
 public:
  explicit CallWatch(std::shared_ptr<const applier::Lifeline> lifeline) : lifeline_(std::move(lifeline)) {}

  // One thread, from time to time.
  /// For how long the call that is under way has been seen; nothing where there is none.
  std::optional<Pump::Clock::duration> age(Pump::Time now);
  /// The call that is under way, if it is time to look (again) whom it waits for; saw() has to follow.
  std::optional<LongCall> due(Pump::Time now);

  // Any thread.
  /// True where that is news.
  bool saw(const LongCall& call, std::optional<Waiting> waiting);
  /// What the call that is under way waits for, if it does.
  std::optional<Waiting> waiting() const;
  /// The same for a call that has ended a moment ago.
  std::optional<Waiting> waited() const;

 private:
  std::shared_ptr<const applier::Lifeline> lifeline_;
  std::uint64_t number_ = 0;
  Pump::Time since_{};

  mutable std::mutex mutex_;
  bool looking_ = false;
  Pump::Time looked_at_{};
  std::uint64_t seen_call_ = 0;
  std::optional<Waiting> seen_;
};

}  // namespace sluice::daemon
