#include "daemon/pipeline/pump.h"

#include <algorithm>
#include <utility>

namespace sluice::daemon {
namespace {

Milliseconds until(Pump::Time when, Pump::Time now) {
  // Rounded up, so that the time has come when the wait is over.
  return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(when - now));
}

/// Deadlocks and their like are over as soon as one of the two has given way.
constexpr int kCollisionsAtOnce = 5;

bool ends_it(Failure failure) {
  return failure == Failure::diverged || failure == Failure::finished;
}

Action answer_to(Outcome outcome) {
  switch (outcome) {
    case Outcome::resync_tables:
    case Outcome::resync_all:
      return Action::copy_again;
    case Outcome::diverged:
      return Action::diverge;
    default:
      return Action::settle;
  }
}

}  // namespace

Pump::Pump(const PipelineConfig& config, Backoff::Random random)
    : mode_(config.mode),
      poll_interval_(config.source.poll_interval),
      max_delay_(config.apply.max_delay),
      halted_interval_(config.retry.halted_interval),
      retry_initial_(config.retry.initial),
      backoff_(config.retry.initial, config.retry.max, std::move(random)) {
}

Pump::Decision Pump::next(Time now) const {
  if (leaving_) return {Action::leave, {}};
  if (ordered_) return {open_ ? Action::obey : Action::open, {}};
  if (failure_ && ends_it(*failure_) && !urgent_) return {};
  if (paused_) return {};
  if (!may_try(now)) return {Action::wait, until(retry_at_, now)};
  if (!open_) return {Action::open, {}};
  if (outcome_ != Outcome::go_on) return {answer_to(outcome_), {}};
  if (has_work(now)) return {Action::step, {}};
  if (mode_ == Mode::manual) return {};
  if (changed_since_) return {Action::wait, until(*changed_since_ + max_delay_, now)};
  return {Action::wait, poll_interval_};
}

std::optional<Pump::Time> Pump::retry_at() const {
  // In manual mode the connection is tried again by itself, the flush that failed is not.
  const bool waits_for_flush = mode_ == Mode::manual && open_;
  if (!failure_ || ends_it(*failure_) || waits_for_flush) return std::nullopt;
  return retry_at_;
}

bool Pump::may_try(Time now) const {
  return !failure_ || urgent_ || now >= retry_at_;
}

bool Pump::has_work(Time now) const {
  if (flush_ || urgent_) return true;
  if (mode_ == Mode::manual) return false;
  return more_ || failure_.has_value() || (changed_since_ && now >= *changed_since_ + max_delay_);
}

State Pump::state() const {
  if (failure_ == Failure::finished) return State::finished;
  if (failure_ == Failure::diverged) return State::diverged;
  if (leaving_) return State::stopped;
  if (paused_) return State::paused;
  if (failure_ == Failure::refused) return State::halted;
  if (failure_ == Failure::away) return State::retrying;
  if (!started_) return State::starting;
  if (copying_ && (mode_ == Mode::continuous || flush_)) return State::copying;
  if (!whole_) return State::catching_up;
  return mode_ == Mode::continuous ? State::streaming : State::idle;
}

void Pump::source_changed(Time now) {
  if (!changed_since_) changed_since_ = now;
  // A change may have been the cure of a refused row; a busy application must not make us try without a
  // pause.
  if (failure_ == Failure::refused)
    retry_at_ = std::min(retry_at_, std::max(now, tried_at_ + retry_initial_));
}

void Pump::flush_requested() {
  flush_ = true;
  urgent_ = true;
}

void Pump::retry_requested() {
  urgent_ = true;
  if (!failure_) outcome_ = Outcome::reinstall;  // what was left out may be fit by now
  backoff_.reset();
}

void Pump::pause_requested() {
  paused_ = true;
  ordered_ = false;
}

void Pump::resume_requested() {
  paused_ = false;
  more_ = true;
}

void Pump::opened() {
  open_ = true;
  outcome_ = Outcome::reinstall;
}

void Pump::judged(Outcome outcome, Standing standing) {
  outcome_ = outcome;
  copying_ = standing.copying;
  whole_ = standing.whole;
  if (outcome != Outcome::go_on) return;
  started_ = true;
  more_ = true;
  // Where no step follows by itself, this is how an outage ends.
  if (failure_ == Failure::away && mode_ == Mode::manual && !flush_ && !urgent_) {
    failure_.reset();
    backoff_.reset();
  }
}

void Pump::stepped(bool more, bool copying, bool whole) {
  more_ = more;
  copying_ = copying;
  whole_ = whole;
  urgent_ = false;
  collisions_ = 0;
  changed_since_.reset();
  failure_.reset();
  backoff_.reset();
  if (!more) flush_ = false;
}

void Pump::order_given() {
  ordered_ = true;
  open_ = false;
}

void Pump::obeyed(bool mended) {
  ordered_ = false;
  open_ = false;  // both sides are looked at anew
  if (!mended) return;
  failure_.reset();
  backoff_.reset();
}

void Pump::failed(Failure failure, Time now) {
  tried_at_ = now;
  open_ = false;  // whatever it was: rights, tables and positions are looked at anew
  failure_ = failure == Failure::collided ? Failure::away : failure;
  if (failure == Failure::collided && collisions_++ < kCollisionsAtOnce) {
    retry_at_ = now;  // what was asked for stays asked for
    return;
  }
  urgent_ = false;
  flush_ = false;
  ordered_ = false;
  changed_since_.reset();
  retry_at_ = now + (failure_ == Failure::away ? backoff_.next() : halted_interval_);
}

}  // namespace sluice::daemon
