#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "daemon/report/status.h"
#include "daemon/report/verify.h"

namespace sluice::daemon {

/// How fast a count of rows grows: over the last seconds, so that a burst or a halt shows soon. Constant
/// memory. Pure: time is passed in. One thread.
class RowRate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kWindow{10};

  void note(std::int64_t rows, Time now);
  /// Rows a second; nothing before two counts lie far enough apart to tell.
  std::optional<double> per_second(Time now) const;

 private:
  struct Mark {
    Time at;
    std::int64_t rows;
  };
  std::deque<Mark> marks_;  ///< the oldest is the last one from before the window
};

/// The long work of a pipeline as its status tells it. Pure: time is passed in. One thread.
class WorkMeter {
 public:
  using Time = RowRate::Time;

  /// Other work, another table, or fewer rows than before: the rate begins anew.
  void note(const WorkProgress& progress, Time now);
  void end();

  /// Nothing while there is no such work.
  std::optional<WorkReport> report(Time now) const;

 private:
  std::optional<WorkReport> work_;
  RowRate rate_;
};

}  // namespace sluice::daemon
