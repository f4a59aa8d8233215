#include "daemon/pipeline/pump.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::daemon {
namespace {

Milliseconds until(Pump::Time when, Pump::Time now) {
  // Rounded up, so that the time has come when the wait is over.
  return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(when - now));
}

/// Deadlocks and their like are over as soon as one of the two has given way.
constexpr int kCollisionsAtOnce = 5;

PhaseEvent event_of(Failure failure) {
  switch (failure) {
    case Failure::away:
    case Failure::collided:
      return PhaseEvent::away;
    case Failure::refused:
      return PhaseEvent::refused;
    case Failure::diverged:
      return PhaseEvent::diverged;
    case Failure::finished:
      return PhaseEvent::finished;
  }
  return PhaseEvent::away;
}

}  // namespace

/// Read from the top: the first line that holds is what is done next.
std::span<const Pump::Rule> Pump::rules() {
  static constexpr std::array kRules{
      Rule{"asked to leave", "`leave`", &Pump::is_leaving, Action::leave},
      Rule{"a command waits, and the sides are not open", "`open`", &Pump::command_is_closed, Action::open},
      Rule{"a command waits", "`run_command`", &Pump::command_waits, Action::run_command},
      Rule{"`diverged` or `finished`, and nobody asked", "wait, without end", &Pump::has_ended, Action::wait},
      Rule{"paused", "wait, without end", &Pump::is_paused, Action::wait},
      Rule{"failed, and neither is it time nor did a person ask", "wait until then", &Pump::backs_off,
           Action::wait, &Pump::until_retry},
      Rule{"not open", "`open`: connect, read the stored state, open the file", &Pump::is_closed,
           Action::open},
      Rule{"the source has to be looked at", "`settle`", &Pump::must_settle, Action::settle},
      Rule{"tables have missed something", "`copy_again`", &Pump::must_copy_again, Action::copy_again},
      Rule{"the two sides do not belong together", "`diverge`", &Pump::must_diverge, Action::diverge},
      Rule{"quarantined rows were asked for, or are due after `retry.halted_interval`",
           "`retry_quarantine`, and look at the source anew", &Pump::quarantine_is_due,
           Action::retry_quarantine},
      Rule{"somebody waits for a flush, a comparison or a retry; or, if continuous, more is known to be "
           "there, a "
           "failure is to be tried again, or a change is older than `apply.max_delay`",
           "`step`", &Pump::has_work, Action::step},
      Rule{"manual", "wait `source.poll_interval`, and look", &Pump::rests, Action::wait, &Pump::until_poll},
      Rule{"changes are gathered", "wait until `apply.max_delay` is over", &Pump::gathers, Action::wait,
           &Pump::until_gathered},
      Rule{"else", "wait `source.poll_interval`, and look", &Pump::always, Action::wait, &Pump::until_poll},
  };
  return kRules;
}

Pump::Pump(const PipelineConfig& config, Backoff::Random random, Time now)
    : mode_(config.mode),
      poll_interval_(config.source.poll_interval),
      max_delay_(config.apply.max_delay),
      halted_interval_(config.retry.halted_interval),
      retry_initial_(config.retry.initial),
      backoff_(config.retry.initial, config.retry.max, std::move(random)),
      quarantine_tried_at_(now) {
}

Pump::Decision Pump::next(Time now) const {
  const auto holds = [&](const Rule& rule) { return (this->*rule.holds)(now); };
  const Rule& rule = *std::ranges::find_if(rules(), holds);  // the last one always does
  return {rule.action, rule.timeout == nullptr ? std::nullopt : (this->*rule.timeout)(now)};
}

std::string Pump::decisions_markdown() {
  std::string text = "| if | then |\n|---|---|\n";
  for (const Rule& rule : rules()) text += std::string("| ") + rule.when + " | " + rule.then + " |\n";
  return text;
}

bool Pump::has_ended(Time) const {
  return (phase_ == Phase::diverged || phase_ == Phase::finished) && !urgent_;
}

bool Pump::has_work(Time now) const {
  if (somebody_waits()) return true;
  if (mode_ == Mode::manual) return false;
  return more_ || failed() || (changed_since_ && now >= *changed_since_ + max_delay_);
}

/// In manual mode only a flush moves data, so that it is what tries the rows again.
bool Pump::quarantine_is_due(Time now) const {
  if (standing_.quarantined == 0) return false;
  const bool moves = mode_ == Mode::continuous || flush_;
  return quarantine_asked_ || (moves && now - quarantine_tried_at_ > halted_interval_);
}

std::optional<Milliseconds> Pump::until_retry(Time now) const {
  return until(retry_at_, now);
}

std::optional<Milliseconds> Pump::until_gathered(Time now) const {
  return until(*changed_since_ + max_delay_, now);
}

std::optional<Milliseconds> Pump::until_poll(Time now) const {
  if (standing_.quarantined == 0 || mode_ == Mode::manual) return poll_interval_;
  const auto due = until(quarantine_tried_at_ + halted_interval_, now) + Milliseconds(1);
  return std::min(poll_interval_, due);
}

std::optional<Pump::Time> Pump::retry_at() const {
  // In manual mode the connection is tried again by itself, the flush that failed is not.
  const bool waits_for_flush = mode_ == Mode::manual && open_;
  if (!failed() || phase_ == Phase::diverged || phase_ == Phase::finished || waits_for_flush)
    return std::nullopt;
  return retry_at_;
}

State Pump::state() const {
  if (phase_ == Phase::finished) return State::finished;
  if (phase_ == Phase::diverged) return State::diverged;
  if (leaving_) return State::stopped;
  if (paused_) return State::paused;
  if (phase_ == Phase::halted) return State::halted;
  if (phase_ == Phase::retrying) return State::retrying;
  if (phase_ == Phase::starting) return State::starting;
  if (standing_.copying && (mode_ == Mode::continuous || flush_ || comparison_)) return State::copying;
  if (!standing_.whole) return State::catching_up;
  return mode_ == Mode::continuous ? State::streaming : State::idle;
}

void Pump::move(PhaseEvent event) {
  phase_ = next_phase(phase_, event);
  if (failed()) return;
  told_.clear();
  backoff_.reset();
}

void Pump::source_changed(Time now) {
  if (!changed_since_) changed_since_ = now;
  // A change may have been the cure of a refused row; a busy application must not make us try without a
  // pause.
  if (phase_ == Phase::halted) retry_at_ = std::min(retry_at_, std::max(now, tried_at_ + retry_initial_));
}

void Pump::source_stirred(bool news, Time now) {
  if (news || source_at_fault_) source_changed(now);
}

void Pump::requested(Request request) {
  switch (request) {
    case Request::flush:
      flush_ = urgent_ = true;
      break;
    case Request::comparison:
      comparison_ = urgent_ = true;
      break;
    case Request::command:
      ++commands_;
      open_ = false;  // both sides are looked at anew
      break;
  }
}

void Pump::retry_requested() {
  urgent_ = true;
  if (!failed()) outcome_ = Outcome::reinstall;  // what was left out may be fit by now
  backoff_.reset();
}

void Pump::quarantine_retry_requested() {
  quarantine_asked_ = urgent_ = true;
}

void Pump::pause_requested() {
  paused_ = true;
  flush_ = comparison_ = urgent_ = quarantine_asked_ = false;
  commands_ = 0;
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
  standing_ = standing;
  if (outcome != Outcome::go_on) return;
  more_ = true;
  move(PhaseEvent::settled);
  // Where no step follows by itself, this is how an outage ends.
  if (mode_ == Mode::manual && !somebody_waits()) move(PhaseEvent::reached);
}

/// With a fresh look at the tables: what stood in the way may have been changed on the server.
void Pump::quarantine_retried(Time now) {
  quarantine_tried_at_ = now;
  quarantine_asked_ = false;
  urgent_ = true;
  outcome_ = Outcome::reinstall;
}

bool Pump::stepped(const Stepped& step) {
  more_ = step.more;
  standing_ = step.standing;
  urgent_ = quarantine_asked_ = second_connection_ = second_look_ = source_at_fault_ = false;
  collisions_ = 0;
  changed_since_.reset();
  move(PhaseEvent::stepped);
  if (step.more || !step.at_boundary) return false;
  flush_ = false;
  return true;
}

/// A collision is over as soon as one of the two has given way; what somebody has changed on the server under
/// our hands is looked at anew before anything is said of it; and a connection that died while nobody used it
/// is found out by those who need it, who then get a new one.
bool Pump::tries_again_at_once(const Failed& what) {
  if (what.failure == Failure::collided) return collisions_++ < kCollisionsAtOnce;
  if (what.second_look && phase_ == Phase::running) return !std::exchange(second_look_, true);
  return what.stale && somebody_waits() && !std::exchange(second_connection_, true);
}

Aftermath Pump::failed(const Failed& what, Time now) {
  tried_at_ = now;
  open_ = false;  // whatever it was: rights, tables and positions are looked at anew
  if (tries_again_at_once(what)) {
    if (failed()) urgent_ = true;  // the pause of the failure before is not begun again
    return {.told = false, .logged = false, .answers_requests = false, .answers_comparison = false};
  }
  move(event_of(what.failure));
  flush_ = urgent_ = quarantine_asked_ = false;
  commands_ = 0;
  changed_since_.reset();
  source_at_fault_ = what.source;
  retry_at_ = now + (phase_ == Phase::retrying ? backoff_.next() : halted_interval_);
  // The cure may have been committed while the row was still being refused.
  if (phase_ == Phase::halted && !what.source && what.source_moved) source_changed(now);
  const bool finished = phase_ == Phase::finished;
  const bool again = std::exchange(told_, what.id) == what.id;
  return {.told = !finished, .logged = !finished && !again, .answers_comparison = phase_ != Phase::retrying};
}

void Pump::command_done(bool repaired) {
  commands_ = std::max(0, commands_ - 1);
  open_ = false;  // both sides are looked at anew
  if (repaired) move(PhaseEvent::repaired);
}

}  // namespace sluice::daemon
