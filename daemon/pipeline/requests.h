#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "daemon/report/service.h"

namespace sluice::daemon {

using RequestTime = std::chrono::steady_clock::time_point;

/// Somebody waits until everything that was committed before `since` is in Postgres.
struct FlushRequest {
  Reply<FlushAnswer> reply;
  RequestTime since;
  std::int64_t brought_before = 0;  ///< changes and rows that had been brought over by then
  OnProgress on_progress{};         ///< of the copy, where somebody wants to know
};

/// Somebody waits for a comparison of the two sides.
struct ComparisonRequest {
  VerifyOrder order;
  OnProgress on_progress;
  Reply<VerifyAnswer> reply;
  RequestTime since;
  bool begun = false;
};

/// What needs both sides open, whatever the state. Throws where it can't be done.
struct Command {
  std::function<bool()> carry_out;  ///< true: what held the pipeline up before is over by it
  std::function<void(const ControlError&)> refuse;
};

/// Who waits for what of one pipeline. Everybody is answered once. Used from the pipeline's strand only.
struct Requests {
  std::vector<FlushRequest> flushes;
  std::deque<Command> commands;               ///< one after another
  std::deque<ComparisonRequest> comparisons;  ///< the first one is under way

  /// Flushes and commands end with an error.
  void refuse(const ControlError& refusal);

  /// So do comparisons; one that has begun stays if `begun_waits`. True where the one under way has ended.
  bool refuse_comparisons(const ControlError& refusal, bool begun_waits);

  /// How far a copy has come, for whoever waits for it.
  void tell(const WorkProgress& progress) const;
};

}  // namespace sluice::daemon
