#pragma once

#include <chrono>
#include <optional>

#include "daemon/config/config.h"
#include "daemon/pipeline/backoff.h"
#include "daemon/report/status.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/guard.h"

namespace sluice::daemon {

/// What to do next.
enum class Action {
  open,        ///< connect both sides
  settle,      ///< install what is missing and judge the source
  copy_again,  ///< begin the copy anew of the tables that missed something
  diverge,     ///< say why the two sides do not belong together, and stop
  step,        ///< read a batch after the position and apply it
  obey,        ///< carry out what a person has ordered
  wait,        ///< until an event, or until the given time has passed
  leave,       ///< close everything and end
};

/// Decides what a pipeline does; does nothing itself. Fed with events, verdicts and the time, it answers
/// next() with an action: read a batch after the position, apply it, read again; with nothing there, wait for
/// a change; after a failure, back off and look at the position again, or stop and say why. Used from one
/// thread.
class Pump {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  struct Decision {
    Action action = Action::wait;
    std::optional<Milliseconds>
        timeout;  ///< with wait: look again after this; nothing: only an event ends it
    bool operator==(const Decision&) const = default;
  };

  Pump(const PipelineConfig& config, Backoff::Random random);

  Decision next(Time now) const;
  State state() const;

  /// When the next attempt is due by itself, where one is.
  std::optional<Time> retry_at() const;
  bool paused() const { return paused_; }
  /// Are both sides open, and found to belong together?
  bool settled() const { return open_ && outcome_ == Outcome::go_on; }
  std::optional<Failure> failure() const { return failure_; }
  /// Is the next attempt due without a pause, and nobody to be told of the failure yet?
  bool tries_at_once() const { return failure_ && retry_at_ <= tried_at_; }

  // What happened outside.
  void source_changed(Time now);
  void flush_requested();
  void retry_requested();
  void pause_requested();
  void resume_requested();
  void leave_requested() { leaving_ = true; }
  /// Carried out as soon as both sides have been opened anew, whatever the state and the backoff.
  void order_given();

  // What came of an action.
  void opened();
  void judged(Outcome outcome, Standing standing);
  void stepped(bool more, bool copying, bool whole);
  void failed(Failure failure, Time now);
  /// An order has been carried out; `mended`: what held the pipeline up before is over by it.
  void obeyed(bool mended);

 private:
  bool has_work(Time now) const;
  bool may_try(Time now) const;

  Mode mode_;
  Milliseconds poll_interval_;
  Milliseconds max_delay_;
  Milliseconds halted_interval_;
  Milliseconds retry_initial_;
  Backoff backoff_;

  bool open_ = false;
  Outcome outcome_ = Outcome::reinstall;
  bool started_ = false;  ///< has been open since the daemon started
  bool more_ = true;      ///< the last look left something to do
  bool copying_ = false;
  bool whole_ = true;
  bool flush_ = false;   ///< somebody waits for everything that is there now
  bool urgent_ = false;  ///< a person asked: no backoff, no halt holds it up
  bool paused_ = false;
  bool leaving_ = false;
  bool ordered_ = false;
  std::optional<Time> changed_since_;
  std::optional<Failure> failure_;
  int collisions_ = 0;  ///< without a step in between
  Time retry_at_{};
  Time tried_at_{};
};

}  // namespace sluice::daemon
