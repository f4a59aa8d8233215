// One pipeline at work: what its pump decides is done here, on its strand.

#include "daemon/pipeline/pipeline.h"

#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "daemon/base/units.h"
#include "daemon/log/log.h"
#include "daemon/pipeline/awaited.h"
#include "daemon/sync/table_view.h"

namespace sluice::daemon {
namespace {

double random_fraction() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// A statement that was fit when it was made, and is so no more: a table, a column, a function or a schema
/// has gone, or is another one.
bool names_no_such_object(const std::string& sqlstate) {
  return sqlstate.starts_with("42") || sqlstate.starts_with("3F");
}

}  // namespace

Pipeline::Pipeline(boost::asio::io_context& workers, PipelineConfig config)
    : strand_(boost::asio::make_strand(workers)),
      timer_(strand_),
      second_look_(strand_),
      config_(std::move(config)),
      replicator_(config_, lifeline_, [this](const char* step) { begins(step); }),
      pump_(config_, random_fraction, Pump::Clock::now()),
      pause_mark_(config_),
      board_(config_) {
  if (pause_mark_.is_set()) pump_.pause_requested();
}

double Pipeline::milliseconds_since(Pump::Time since) {
  return in_milliseconds(Pump::Clock::now() - since);
}

void Pipeline::start() {
  if (std::exchange(started_, true)) return;
  on_strand([](Pipeline& self) {
    self.watch_.emplace(self.strand_, self.config_.source.path, self.shared_from_this(),
                        [raw = &self] { raw->source_event(); });
    if (!self.watch_->is_open())
      log_event(LogLevel::warning, "no_file_watch",
                {{"pipeline", self.config_.name},
                 {"hint",
                  "the kernel gives this user no more inotify instances: changes are found by looking from "
                  "time to time; raise fs.inotify.max_user_instances"}});
    self.schedule();
  });
}

/// Everything that is done on the strand is begun here: what it throws is a failure of the pipeline, and
/// never the end of the program.
void Pipeline::on_strand(std::function<void(Pipeline&)> work) {
  boost::asio::post(
      strand_, [self = shared_from_this(), work = std::move(work)] { self->guard([&] { work(*self); }); });
}

void Pipeline::begins(const std::string& step) {
  health_.moved();
  log_event(LogLevel::debug, "step", {{"pipeline", config_.name}, {"name", step}});
  // The server may now keep us waiting: the status must not call the two sides equal meanwhile.
  if (step != "apply") return;
  if (const auto position = replicator_.link().captured()) board_.set_captured(*position);
}

void Pipeline::schedule() {
  if (std::exchange(scheduled_, true)) return;
  timer_.cancel();
  on_strand([](Pipeline& self) {
    self.scheduled_ = false;
    self.act();
  });
}

void Pipeline::act() {
  if (ended_) return;
  health_.moved();
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
    case Action::retry_quarantine:
      attempt(&Pipeline::retry_quarantine);
      break;
    case Action::step:
      attempt(&Pipeline::step);
      break;
    case Action::run_command:
      attempt(&Pipeline::run_command);
      break;
    case Action::wait:
      wait(decision.timeout);
      break;
    case Action::leave:
      finish_leaving();
      break;
  }
  health_.moved();
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
  pump_.judged(outcome, standing(replicator_.state()));
  if (!pump_.failed()) board_.clear_error();
}

void Pipeline::copy_again() {
  replicator_.copy_again();
  pump_.judged(Outcome::go_on, standing(replicator_.state()));
}

void Pipeline::diverge() {
  replicator_.diverge();
}

void Pipeline::retry_quarantine() {
  replicator_.quarantine().retry();
  pump_.quarantine_retried(Pump::Clock::now());
}

void Pipeline::step() {
  const auto started = Pump::Clock::now();
  const StepResult result = replicator_.step();
  if (result.outcome != Outcome::go_on) return pump_.judged(result.outcome, standing(replicator_.state()));
  // "Nothing to do" is only true of a server that still holds what it held.
  const bool nothing_to_do = !result.wrote && !result.more && result.at_boundary;
  if (nothing_to_do && !requests_.flushes.empty()) replicator_.link().confirm();
  const bool all_is_there = pump_.stepped({result.more, result.at_boundary, standing(replicator_.state())});
  board_.note_step(result, started);
  board_.clear_error();
  if (result.wrote) {
    quiet_since_ = Pump::Clock::now();
    log_event(LogLevel::debug, "batch_applied",
              {{"pipeline", config_.name},
               {"position", replicator_.state().row->applied.position.value},
               {"changes", result.changes},
               {"rows_copied", result.rows_copied},
               {"ms", milliseconds_since(started)}});
  }
  spoke_at_ = Pump::Clock::now();
  report_comparison();
  if (all_is_there) answer_flushes();
}

void Pipeline::run_command() {
  const Command command = requests_.commands.front();
  const bool repaired = command.carry_out();
  requests_.commands.pop_front();
  if (!repaired) replicator_.link().close_target();
  pump_.command_done(repaired);
}

void Pipeline::failed(const std::exception_ptr& thrown) {
  auto report = report_failure(thrown);
  auto waiting = awaited(report.error, config_, calls_.waited());
  const bool in_the_way = report.error.code == "migration_running";
  replicator_.link().close_target();
  if (in_the_way) replicator_.link().close();  // out of the migration's way with the file as well
  const bool source = report.error.cls == "source";
  const bool by_server = report.failure == Failure::refused && !source;
  heeded_ = by_server ? replicator_.link().captured() : std::nullopt;
  const bool moved = heeded_ && *heeded_ > replicator_.state().read_to;
  const bool stale = report.error.code == "outcome_unknown";
  const bool second_look = report.failure == Failure::refused &&
                           (names_no_such_object(report.error.sqlstate) || replicator_.state().misfit);
  const Aftermath after =
      pump_.failed({report.failure, report.error.id, stale, source, moved, second_look}, Pump::Clock::now());
  if (after.logged) tell(report.error);
  const ControlError refusal = refusal_of(report.error);
  if (after.answers_requests) {
    requests_.refuse(refusal);
    refuse_comparisons(refusal, !after.answers_comparison);
  } else {
    log_event(LogLevel::info, "tried_again",
              {{"pipeline", config_.name}, {"code", report.error.code}, {"sqlstate", report.error.sqlstate}});
    return;
  }
  after.told ? board_.note_error(std::move(report.error), std::move(waiting)) : board_.clear_error();
}

void Pipeline::tell(const ErrorReport& error) const {
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

void Pipeline::finish_leaving() {
  ended_ = true;
  timer_.cancel();
  second_look_.cancel();
  if (watch_) watch_->close();
  ErrorReport stopped;
  stopped.code = "stopped";
  stopped.message = "the daemon let go of it";
  stopped.hint = "start it again";
  const ControlError gone = refusal_of(stopped);
  requests_.refuse(gone);
  refuse_comparisons(gone, false);
  replicator_.link().close();
  publish();
  for (auto& left : std::exchange(left_, {})) left();
}

void Pipeline::publish() {
  if (const auto position = replicator_.link().source_open() ? replicator_.link().captured() : std::nullopt) {
    board_.set_captured(*position);
  }
  board_.refresh(pump_, replicator_);
  if (const auto work = board_.work()) requests_.tell(*work);
  log_state();
}

void Pipeline::log_state() {
  const auto quarantined = replicator_.quarantine().size();
  if (const auto before = std::exchange(logged_quarantined_, quarantined); before != quarantined) {
    log_event(quarantined > before ? LogLevel::warning : LogLevel::info, "quarantine",
              {{"pipeline", config_.name}, {"rows", quarantined}});
  }
  const State state = pump_.state();
  if (std::exchange(logged_state_, state) == state) return;
  log_event(LogLevel::info, "pipeline_state", {{"pipeline", config_.name}, {"state", to_string(state)}});
}

PipelineReport Pipeline::report() const {
  PipelineReport report = board_.report();
  if (auto now = calls_.waiting()) {
    // The same wait, for which there have been attempts before.
    if (report.waiting && report.waiting->what == now->what) now->since = report.waiting->since;
    report.waiting = std::move(now);
  }
  return report;
}

void Pipeline::saw_waiting(const LongCall& call, std::optional<Waiting> waiting) {
  if (!calls_.saw(call, waiting)) return;
  log_event(LogLevel::warning, "waiting",
            {{"pipeline", config_.name},
             {"for", to_string(waiting->kind)},
             {"what", waiting->what},
             {"who", waiting->who},
             {"hint", waiting->hint}});
}

bool Pipeline::healthy(Pump::Time now) {
  const auto call = calls_.age(now);
  // Between calls the strand answers at once, or works on the file within its own time limits.
  if (!call) on_strand([](Pipeline& self) { self.health_.moved(); });
  return health_.look(now, call);
}

}  // namespace sluice::daemon
