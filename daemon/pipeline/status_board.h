#pragma once

#include <mutex>
#include <optional>

#include "daemon/pipeline/pump.h"
#include "daemon/report/seen_marks.h"
#include "daemon/report/status.h"
#include "daemon/report/verify.h"
#include "daemon/report/work_meter.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {

/// What a pipeline says of itself: written by its strand, copied out by any thread; nothing else is shared.
class StatusBoard {
 public:
  explicit StatusBoard(const PipelineConfig& config);

  // The pipeline's strand.
  void note_step(const StepResult& result, Pump::Time now);
  /// `waiting`: what the next attempt has to wait for, where that is known.
  void note_error(ErrorReport error, std::optional<Waiting> waiting);
  void note_flush(const FlushReport& flush);
  void clear_error();
  void set_captured(capture::Position position);
  void refresh(const Pump& pump, const Replicator& replicator);

  // Any thread.
  /// Changes applied and rows copied since the start: what a flush has brought over is the difference.
  std::int64_t brought_over() const;
  PipelineReport report() const;
  /// The long work that is under way, if any.
  std::optional<WorkProgress> work() const;
  /// Somebody has looked and found the changelog to end here.
  void saw(capture::Position newest);
  SeenMarks seen_marks() const;

 private:
  void count_pending();
  std::optional<WorkProgress> copy_under_way() const;
  void note_work(const Verification* verification, Pump::Time now);

  mutable std::mutex mutex_;
  PipelineReport report_;
  SeenMarks seen_;
  WorkMeter meter_;
  bool reached_ = false;                      ///< has Postgres told its position?
  std::int64_t captured_ = 0;                 ///< as the file says; a history that began anew counts lower
  Pump::Time equal_at_ = Pump::Clock::now();  ///< when Postgres was last known to hold everything
  std::optional<Pump::Time> retry_at_;
};

}  // namespace sluice::daemon
