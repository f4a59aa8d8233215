#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "daemon/config/config.h"
#include "daemon/pipeline/backoff.h"
#include "daemon/pipeline/phase.h"
#include "daemon/report/status.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/guard.h"

namespace sluice::daemon {

/// What to do next.
enum class Action {
  open,              ///< connect both sides
  settle,            ///< install what is missing and judge the source
  copy_again,        ///< begin the copy anew of the tables that missed something
  diverge,           ///< say why the two sides do not belong together, and stop
  retry_quarantine,  ///< have the next step try the quarantined rows again
  step,              ///< read a batch after the position and apply it
  run_command,       ///< carry out what a person has asked for that needs both sides whatever the state
  wait,              ///< until an event, or until the given time has passed
  leave,             ///< close everything and end
};

/// What a step has come to.
struct Stepped {
  bool more = false;  ///< another step has something to do for the stream
  bool at_boundary = true;
  Standing standing;
};

/// What is known of a failure.
struct Failed {
  Failure failure = Failure::away;
  std::string id{};           ///< of the error: the same for the same error at the same place
  bool stale = false;         ///< a connection that died while nobody used it, or a commit in doubt
  bool source = false;        ///< the file is at fault, not the server
  bool source_moved = false;  ///< the source has gone on since it was read
  bool second_look = false;   ///< a new look at both sides may find the tables otherwise than the last one
};

/// What becomes of a failure, beside what next() does about it.
struct Aftermath {
  bool told = true;              ///< people are told; else it is tried again at once, and only the log knows
  bool logged = true;            ///< it is another one than the last that was told
  bool answers_requests = true;  ///< flushes and commands end with it
  bool answers_comparison = true;  ///< so does the comparison under way, which an outage only delays
};

/// What people wait for. Each is remembered until it is answered, whatever kind of step comes between.
enum class Request {
  flush,       ///< everything that is there now
  comparison,  ///< of the two sides by value
  command,     ///< see Action::run_command
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

  Pump(const PipelineConfig& config, Backoff::Random random, Time now);

  /// The first line of the table of decisions that holds.
  Decision next(Time now) const;
  State state() const;

  /// When the next attempt is due by itself, where one is.
  std::optional<Time> retry_at() const;
  bool paused() const { return paused_; }
  /// Are both sides open, and found to belong together, with nothing in the way?
  bool follows() const { return !failed() && !paused_ && open_ && outcome_ == Outcome::go_on; }
  /// Has the last attempt failed? The state says how.
  bool failed() const { return phase_ != Phase::starting && phase_ != Phase::running; }

  // What happened outside.
  void source_changed(Time now);
  /// A file event while the pipeline does not follow. `news`: the source's position has moved; else it may be
  /// our own opening and closing, which only a fault of the file itself makes worth an attempt.
  void source_stirred(bool news, Time now);
  void requested(Request request);
  void retry_requested();
  void quarantine_retry_requested();
  void pause_requested();
  void resume_requested();
  void leave_requested() { leaving_ = true; }

  // What came of an action.
  void opened();
  void judged(Outcome outcome, Standing standing);
  void quarantine_retried(Time now);
  /// True where the flushes that wait have what they waited for.
  bool stepped(const Stepped& step);
  Aftermath failed(const Failed& what, Time now);
  /// The command has been carried out; `repaired`: what held the pipeline up before is over by it.
  void command_done(bool repaired);
  /// Nobody waits for a comparison any more.
  void comparisons_done() { comparison_ = false; }

  /// The table of decisions for docs/ARCHITECTURE.md, in Markdown.
  static std::string decisions_markdown();

 private:
  /// One line of the table of decisions: where it holds, this is done.
  struct Rule {
    const char* when;
    const char* then;
    bool (Pump::*holds)(Time) const;
    Action action;
    std::optional<Milliseconds> (Pump::*timeout)(Time) const = nullptr;  ///< nothing: without end
  };
  static std::span<const Rule> rules();

  bool is_leaving(Time) const { return leaving_; }
  bool command_is_closed(Time) const { return commands_ > 0 && !open_; }
  bool command_waits(Time) const { return commands_ > 0; }
  bool has_ended(Time) const;
  bool is_paused(Time) const { return paused_; }
  bool backs_off(Time now) const { return failed() && !urgent_ && now < retry_at_; }
  bool is_closed(Time) const { return !open_; }
  bool must_settle(Time) const { return outcome_ == Outcome::reinstall; }
  bool must_copy_again(Time) const {
    return outcome_ == Outcome::resync_tables || outcome_ == Outcome::resync_all;
  }
  bool must_diverge(Time) const { return outcome_ == Outcome::diverged; }
  bool quarantine_is_due(Time now) const;
  bool has_work(Time now) const;
  bool rests(Time) const { return mode_ == Mode::manual; }
  bool gathers(Time) const { return changed_since_.has_value(); }
  bool always(Time) const { return true; }
  std::optional<Milliseconds> until_retry(Time now) const;
  std::optional<Milliseconds> until_gathered(Time now) const;
  std::optional<Milliseconds> until_poll(Time now) const;

  bool somebody_waits() const { return flush_ || comparison_ || commands_ > 0 || urgent_; }
  void move(PhaseEvent event);
  bool tries_again_at_once(const Failed& what);

  Mode mode_;
  Milliseconds poll_interval_;
  Milliseconds max_delay_;
  Milliseconds halted_interval_;
  Milliseconds retry_initial_;
  Backoff backoff_;

  Phase phase_ = Phase::starting;
  bool open_ = false;
  Outcome outcome_ = Outcome::reinstall;
  bool more_ = true;  ///< the last look left something to do
  Standing standing_;
  bool paused_ = false;
  bool leaving_ = false;

  bool flush_ = false;
  bool comparison_ = false;
  int commands_ = 0;
  bool urgent_ = false;  ///< a person asked: no backoff, no halt holds it up
  bool quarantine_asked_ = false;
  Time quarantine_tried_at_;

  std::optional<Time> changed_since_;
  int collisions_ = 0;              ///< without a step in between
  bool second_connection_ = false;  ///< those who wait have had theirs
  bool second_look_ = false;        ///< at the server's tables, since they were last found fit
  bool source_at_fault_ = false;
  std::string told_;  ///< the error that people were told last
  Time retry_at_{};
  Time tried_at_{};
};

}  // namespace sluice::daemon
