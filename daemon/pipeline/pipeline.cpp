#include "daemon/pipeline/pipeline.h"

#include <array>
#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A file that nobody writes to is let go of after this time, so that the application's last close folds its
/// log in.
constexpr auto kIdleAfter = seconds(2);

/// A log is written before its index says so, and only the first of the two is an event: the file is looked
/// at again shortly after.
constexpr std::array kLookAgainAfter{milliseconds(1), milliseconds(5), milliseconds(20)};

/// A server that is not spoken to is asked now and then whether it is still there, and still the same.
constexpr auto kConfirmAfter = seconds(30);

/// No single call to the server may wait longer: a server that does not answer at all is left by then. Long
/// enough for the last statement of a batch at its largest.
constexpr auto kCallDeadline = std::chrono::minutes(15);

/// A strand that has not moved for so long, and does not wait for the server, is stuck.
constexpr auto kStuckAfter = seconds(90);

double random_fraction() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

Pump::Clock::rep ticks(Pump::Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

Pipeline::Pipeline(boost::asio::io_context& workers, PipelineConfig config)
    : workers_(workers),
      strand_(boost::asio::make_strand(workers)),
      timer_(strand_),
      second_look_(strand_),
      config_(std::move(config)),
      replicator_(config_, lifeline_, [this](const char* step) { begins(step); }),
      pump_(config_, random_fraction),
      board_(config_),
      moved_at_(ticks(Pump::Clock::now())) {
}

double Pipeline::milliseconds_since(Pump::Time since) {
  return std::chrono::duration<double, std::milli>(Pump::Clock::now() - since).count();
}

void Pipeline::start() {
  if (std::exchange(started_, true)) return;
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->watch_.emplace(self->strand_, self->config_.source.path, self,
                         [raw = self.get()] { raw->source_event(); });
    self->schedule();
  });
}

void Pipeline::begins(const std::string& step) {
  moved_at_ = ticks(Pump::Clock::now());
  log_event(LogLevel::debug, "step", {{"pipeline", config_.name}, {"name", step}});
  // The server may now keep us waiting: the status must not call the two sides equal meanwhile.
  if (step != "apply") return;
  if (const auto position = replicator_.captured()) board_.set_captured(*position);
}

void Pipeline::schedule() {
  if (std::exchange(scheduled_, true)) return;
  timer_.cancel();
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->scheduled_ = false;
    self->act();
  });
}

void Pipeline::act() {
  if (ended_) return;
  moved_at_ = ticks(Pump::Clock::now());
  const auto decision = pump_.next(Pump::Clock::now());
  switch (decision.action) {
    case Action::open:
      attempt(&Pipeline::open);
      break;
    case Action::settle:
      attempt(&Pipeline::settle);
      break;
    case Action::copy_again:
      attempt(&Pipeline::copy_again);
      break;
    case Action::diverge:
      attempt(&Pipeline::diverge);
      break;
    case Action::step:
      attempt(&Pipeline::step);
      break;
    case Action::obey:
      attempt(&Pipeline::obey);
      break;
    case Action::wait:
      wait(decision.timeout);
      break;
    case Action::leave:
      finish_leaving();
      break;
  }
  moved_at_ = ticks(Pump::Clock::now());
}

void Pipeline::attempt(void (Pipeline::*work)()) {
  try {
    (this->*work)();
  } catch (...) {
    failed(std::current_exception());
  }
  publish();
  schedule();
}

void Pipeline::open() {
  if (watch_) watch_->follow();
  replicator_.open();
  pump_.opened();
  quiet_since_ = Pump::Clock::now();
}

void Pipeline::settle() {
  const Outcome outcome = replicator_.settle();
  log_event(outcome == Outcome::go_on ? LogLevel::debug : LogLevel::warning, "source_judged",
            {{"pipeline", config_.name}, {"outcome", to_string(outcome)}});
  pump_.judged(outcome, replicator_.standing());
  if (!pump_.failure()) board_.clear_error();
  // In manual mode no step would follow by itself.
  if (outcome == Outcome::go_on && replicator_.verification() != nullptr) pump_.flush_requested();
}

void Pipeline::copy_again() {
  replicator_.copy_again();
  pump_.judged(Outcome::go_on, replicator_.standing());
}

void Pipeline::diverge() {
  replicator_.diverge();
}

void Pipeline::step() {
  const auto started = Pump::Clock::now();
  const StepResult result = replicator_.step();
  if (result.outcome != Outcome::go_on) return pump_.judged(result.outcome, replicator_.standing());
  pump_.stepped(result.more || result.verifying, result.copying, result.whole);
  board_.note_step(result, started);
  board_.clear_error();
  if (result.wrote) {
    quiet_since_ = Pump::Clock::now();
    log_event(LogLevel::debug, "batch_applied",
              {{"pipeline", config_.name},
               {"position", replicator_.applied()->applied.position.value},
               {"changes", result.changes},
               {"rows_copied", result.rows_copied},
               {"ms", milliseconds_since(started)}});
  }
  spoke_at_ = Pump::Clock::now();
  tried_again_ = false;
  report_verification();
  if (result.more || !result.at_boundary) return;
  // "Nothing to do" is only true of a server that still holds what it held.
  if (!waiters_.empty() && !result.wrote) replicator_.confirm();
  answer_waiters();
}

void Pipeline::failed(std::exception_ptr thrown) {
  auto report = report_failure(thrown);
  replicator_.close_target();
  if (report.error.code == "migration_running") replicator_.close();  // out of its way with the file as well
  pump_.failed(report.failure, Pump::Clock::now());
  if (pump_.tries_at_once()) {
    log_event(LogLevel::info, "collision", {{"pipeline", config_.name}, {"sqlstate", report.error.sqlstate}});
    return;
  }
  // A connection that died while nobody used it is found out by the flush that needs it, which then gets a
  // new one.
  if (!waiters_.empty() && report.error.code == "outcome_unknown" && !std::exchange(tried_again_, true)) {
    pump_.flush_requested();
    if (!orders_.empty()) pump_.order_given();
    return;
  }
  const bool ended = report.failure == Failure::finished;
  // The same failure again is counted in the status, not told again in the log.
  if (!ended && std::exchange(logged_error_, report.error.id) != report.error.id) {
    const auto& error = report.error;
    log_event(LogLevel::error, "pipeline_error",
              {{"pipeline", config_.name},
               {"id", error.id},
               {"class", error.cls},
               {"code", error.code},
               {"sqlstate", error.sqlstate},
               {"table", error.table},
               {"key", error.key},
               {"column", error.column},
               {"message", error.message},
               {"hint", error.hint}});
  }
  source_at_fault_ = report.error.cls == "source";
  // The cure may have been committed while the row was still being refused.
  if (report.failure == Failure::refused && !source_at_fault_ && replicator_.has_gone_on()) {
    pump_.source_changed(Pump::Clock::now());
  }
  const ControlError refusal = refusal_of(report.error);
  refuse(refusal);
  refuse_verifiers(refusal, pump_.failure() == Failure::away);
  ended ? board_.clear_error() : board_.note_error(std::move(report.error));
}

void Pipeline::wait(std::optional<Milliseconds> timeout) {
  if (replicator_.source_open()) {
    const auto left = kIdleAfter - (Pump::Clock::now() - quiet_since_);
    if (left <= Pump::Clock::duration::zero()) {
      replicator_.close_source();
      if (replicator_.source_open()) timeout = Milliseconds(0);  // somebody wrote just now
    } else {
      const auto until_idle = std::chrono::ceil<Milliseconds>(left);
      timeout = timeout ? std::min(*timeout, until_idle) : until_idle;
    }
  }
  publish();
  if (!timeout) return;
  timer_.expires_after(*timeout);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->scheduled_) return;
    self->look(Prompt::poll);
    self->act();
  });
}

void Pipeline::look(Prompt prompt) {
  if (watch_) watch_->follow();
  if (pump_.failure() || pump_.paused() || !pump_.settled()) return;
  try {
    const auto now = Pump::Clock::now();
    if (now - spoke_at_ > kConfirmAfter) {
      replicator_.confirm();
      spoke_at_ = now;
    }
    if (replicator_.source_changed(prompt)) pump_.source_changed(now);
    if (held_back_rows_are_due()) try_held_back_rows();
  } catch (...) {
    failed(std::current_exception());
  }
}

bool Pipeline::held_back_rows_are_due() const {
  const auto since = Pump::Clock::now() - tried_held_back_at_;
  return replicator_.quarantined() > 0 && since > config_.retry.halted_interval;
}

/// With a fresh look at the tables: what stood in the way may have been changed on the server.
void Pipeline::try_held_back_rows() {
  tried_held_back_at_ = Pump::Clock::now();
  replicator_.retry_quarantined();
  pump_.retry_requested();
}

void Pipeline::source_event() {
  if (ended_) return;
  quiet_since_ = Pump::Clock::now();
  heed_source();
  looks_again_ = 0;
  look_again_later();
}

void Pipeline::look_again_later() {
  if (looks_again_ == kLookAgainAfter.size()) return;
  second_look_.expires_after(kLookAgainAfter[looks_again_++]);
  second_look_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->ended_) return;
    self->heed_source();
    self->look_again_later();
  });
}

void Pipeline::heed_source() {
  const bool follows = !pump_.failure() && !pump_.paused() && config_.mode == Mode::continuous;
  if (follows) {
    look(Prompt::event);
  } else if (!replicator_.at_rest()) {
    // Events come from our own opening and closing as well; only a position that moved is news.
    const auto position = replicator_.captured();
    const bool moved = position && board_.set_captured(*position);
    if (position && !moved && !source_at_fault_) return;
    pump_.source_changed(Pump::Clock::now());
  }
  schedule();
}

void Pipeline::flush(FlushReply reply) {
  // Counted from now on: a batch that is under way may well be what the flush waits for.
  const Waiter waiter{std::move(reply), Pump::Clock::now(), board_.brought_over()};
  boost::asio::post(strand_, [self = shared_from_this(), waiter] { self->wait_for_flush(waiter); });
}

void Pipeline::wait_for_flush(const Waiter& waiter) {
  if (const auto closed = closed_to_flushes(ended_ ? State::stopped : pump_.state())) {
    return waiter.reply(*closed);
  }
  waiters_.push_back(waiter);
  if (held_back_rows_are_due()) try_held_back_rows();
  pump_.flush_requested();
  schedule();
}

void Pipeline::start_flush(FlushReply reply) {
  if (const auto closed = closed_to_flushes(board_.report().state)) return reply(*closed);
  // Not on the strand, which may be waiting for the server: the position comes from the file alone.
  boost::asio::post(workers_, [self = shared_from_this(), reply = std::move(reply)] {
    try {
      const std::int64_t newest = newest_position(self->config_).value;
      reply(FlushAnswer{self->config_.name, "started", newest, 0, 0, 0});
    } catch (...) {
      const auto error = report_failure(std::current_exception()).error;
      reply(ControlError{503, error.code, error.message, error.hint});
    }
  });
  flush([](const auto&) {});
}

std::optional<ControlError> Pipeline::closed_to_flushes(State state) const {
  const std::string name = "pipeline '" + config_.name + "'";
  if (state == State::paused) {
    return ControlError{409, "paused", name + " is paused",
                        "end the pause with: sluicectl resume " + config_.name};
  }
  if (state == State::stopped) {
    return ControlError{409, "stopped", name + " has been let go of", "start the daemon again"};
  }
  return std::nullopt;
}

void Pipeline::answer_waiters() {
  const auto brought = board_.brought_over();
  for (auto& waiter : std::exchange(waiters_, {})) {
    FlushAnswer answer;
    answer.pipeline = config_.name;
    answer.changes = brought - waiter.brought_before;
    answer.outcome = answer.changes > 0 ? "flushed" : "nothing_to_do";
    answer.position = replicator_.applied()->applied.position.value;
    answer.quarantined = replicator_.quarantined();
    answer.elapsed_ms = milliseconds_since(waiter.since);
    board_.note_flush({std::chrono::system_clock::now(), answer.changes, answer.elapsed_ms});
    waiter.reply(answer);
  }
}

ControlError Pipeline::refusal_of(const ErrorReport& error) const {
  const bool away = pump_.failure() == Failure::away;
  const bool source = error.cls == "source";
  const std::string code = !away ? to_string(pump_.state()) : source ? error.code : "target_away";
  std::string message = "pipeline '" + config_.name + "': " + error.message;
  if (!error.table.empty())
    message += " (table " + error.table + (error.key.empty() ? "" : ", key " + error.key) + ")";
  if (!error.sqlstate.empty()) message += " [SQLSTATE " + error.sqlstate + "]";
  return {away ? 503 : 409, code, message, error.hint};
}

void Pipeline::refuse(const ControlError& refusal) {
  for (auto& waiter : std::exchange(waiters_, {})) waiter.reply(refusal);
  for (auto& order : std::exchange(orders_, {})) order.refuse(refusal);
}

void Pipeline::pause() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->pump_.pause_requested();
    const ControlError paused = *self->closed_to_flushes(State::paused);
    self->refuse(paused);
    self->refuse_verifiers(paused, false);
    self->schedule();
  });
}

void Pipeline::resume() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->pump_.resume_requested();
    self->schedule();
  });
}

void Pipeline::retry() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->pump_.retry_requested();
    self->schedule();
  });
}

void Pipeline::leave(std::function<void()> left) {
  boost::asio::post(strand_, [self = shared_from_this(), left = std::move(left)] {
    if (self->ended_) {
      left();
      return;
    }
    self->left_.push_back(left);
    self->pump_.leave_requested();
    self->schedule();
  });
}

void Pipeline::finish_leaving() {
  ended_ = true;
  timer_.cancel();
  second_look_.cancel();
  if (watch_) watch_->close();
  const ControlError gone =
      refusal_of({"", "", "stopped", "the daemon let go of it", "", "", "", "", "start it again", {}, 0, {}});
  refuse(gone);
  refuse_verifiers(gone, false);
  replicator_.close();
  publish();
  for (auto& left : std::exchange(left_, {})) left();
}

void Pipeline::publish() {
  if (const auto position = replicator_.source_open() ? replicator_.captured() : std::nullopt) {
    board_.set_captured(*position);
  }
  board_.refresh(pump_, replicator_);
  tell_progress();
  log_state();
}

void Pipeline::tell_progress() {
  const auto work = board_.work();
  if (!work) return;
  for (const Waiter& waiter : waiters_) {
    if (waiter.on_progress) waiter.on_progress(*work);
  }
}

void Pipeline::log_state() {
  const auto held_back = replicator_.quarantined();
  if (const auto before = std::exchange(logged_held_back_, held_back); before != held_back) {
    log_event(held_back > before ? LogLevel::warning : LogLevel::info, "quarantine",
              {{"pipeline", config_.name}, {"rows", held_back}});
  }
  const State state = pump_.state();
  if (std::exchange(logged_state_, state) == state) return;
  if (state != State::retrying && state != State::halted) logged_error_.clear();
  log_event(LogLevel::info, "pipeline_state", {{"pipeline", config_.name}, {"state", to_string(state)}});
}

bool Pipeline::healthy(Pump::Time now) {
  const auto call = lifeline_->waiting_call();
  if (call != watched_call_) {
    watched_call_ = call;
    watched_since_ = now;
  }
  if (call != 0) {
    if (now - watched_since_ > kCallDeadline) lifeline_->cut();
    return true;
  }
  // Between calls the strand answers at once, or works on the file within its own time limits.
  boost::asio::post(strand_, [self = shared_from_this()] { self->moved_at_ = ticks(Pump::Clock::now()); });
  return now - Pump::Time(Pump::Clock::duration(moved_at_.load())) < kStuckAfter;
}

}  // namespace sluice::daemon
