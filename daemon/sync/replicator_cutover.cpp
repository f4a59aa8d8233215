// The end of a pipeline. The commit in the SQLite file decides: before it nothing has changed, after it
// Postgres lacks nothing but the word `finished`, which whoever opens the file next makes up for. See
// docs/CUTOVER.md.

#include <algorithm>

#include "applier/server/apply_error.h"
#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/line_cutter.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {
namespace {

CutoverRefused not_recorded(const applier::ApplyError& error) {
  return {"not_recorded",
          "the file has moved and Postgres holds its last change, but could not note that: " +
              error.told(log_shows_values()),
          "the daemon notes it by itself as soon as the server answers; see: sluicectl status"};
}

CutoverRefused rows_held_back(std::size_t rows) {
  return {"rows_held_back", std::to_string(rows) + " row(s) are held back in quarantine",
          "see: sluicectl quarantine list; mend and retry them, or discard them"};
}

CutoverRefused source_moved_on() {
  return {"source_moved_on", "the schema or the file has changed in the last moment",
          "nothing has changed; try again"};
}

}  // namespace

CutoverEnd Replicator::cut_over(const CutoverOrder& order) {
  refuse_unfit_for_cutover();
  CutoverEnd end;
  observe("constraints");
  end.constraints = applier::validate_constraints(*session_, plan_.tables);
  // What can be refused is refused now, not under the lock.
  {
    applier::Transaction transaction(*session_);
    applier::advance_sequences(*session_, plan_.tables, source_.open().autoincrements());
    transaction.commit();
  }
  catch_up();
  observe("lock");
  capture::LockedSource lock = source_.open().lock(order.max_lock);
  LineCutter cutter(lifeline_, lock.until());
  try {
    bring_over_the_rest(lock);
    lock.fence(order.fence);
    observe("end");
    applier::Transaction transaction(*session_);
    end.sequences = write_end();
    lock.commit();
    cutter.disarm();
    observe("record");
    transaction.commit();
  } catch (const applier::ApplyError& error) {
    if (lock.committed()) throw not_recorded(error);
    if (error.lost_connection()) lock.check_time();  // it was cut because the time was over
    throw;
  }
  end.position = row_->applied.position;
  end.locked = lock.held();
  return end;
}

void Replicator::refuse_unfit_for_cutover() const {
  if (verification_ && !verification_->done()) {
    throw CutoverRefused("verifying", "a comparison of the two sides is under way",
                         "wait for its end, and try again");
  }
  if (const auto* table = next_to_copy()) {
    throw CutoverRefused("copying", "table " + table->source.name + " is still being copied",
                         "wait for the end of the copy: sluicectl status --watch");
  }
  if (!tolerance_.held_back.empty()) throw rows_held_back(tolerance_.held_back.size());
  for (const auto& [name, progress] : progress_) {
    if (!progress.unfinished) continue;
    throw CutoverRefused("unfinished", "indexes and foreign keys of table " + name + " are still to be made",
                         "see: sluicectl status");
  }
}

/// Until little is left for the time of the lock.
void Replicator::catch_up() {
  constexpr std::int64_t kLittle = 1000;
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    const StepResult result = step();
    if (result.outcome != Outcome::go_on) throw source_moved_on();
    if (!result.more && result.changes <= kLittle) return;
  }
  throw CutoverRefused("not_caught_up", "the application writes faster than Postgres follows",
                       "try again at a quieter time");
}

void Replicator::bring_over_the_rest(const capture::LockedSource& lock) {
  StepResult result;
  do {
    lock.check_time();
    result = step();
  } while (result.outcome == Outcome::go_on && result.more);
  if (result.outcome != Outcome::go_on || row_->applied != source_.open().newest()) throw source_moved_on();
  if (!tolerance_.held_back.empty()) throw rows_held_back(tolerance_.held_back.size());
}

/// To be committed after the file says that it has moved.
std::vector<applier::SequenceState> Replicator::write_end() {
  session_->exec(applier::hold_sql(target_.state_schema, config_.name, *row_));
  auto sequences = applier::advance_sequences(*session_, plan_.tables, source_.open().autoincrements());
  session_->exec(applier::finish_sql(target_.state_schema, config_.name));
  return sequences;
}

/// The daemon died, or the server went, between the two commits; or the server was restored to a time before
/// them, and has been brought up to the file's last change again.
void Replicator::end_if_moved() {
  if (!moved_ || copying()) return;
  if (!moved_->fenced && row_->applied.position < moved_->position) {
    throw Diverged(
        "moved_without_fence",
        "the file has moved to Postgres without a fence, and Postgres lacks changes from before that",
        "what was written since is not known: begin anew with sluicectl uninstall --target " + config_.name);
  }
  if (row_->applied != source_.open().newest()) return;
  applier::Transaction transaction(*session_);
  write_end();
  transaction.commit();
  log_event(LogLevel::info, "cutover_recorded",
            {{"pipeline", config_.name}, {"position", row_->applied.position.value}});
  throw has_ended(config_.name);
}

}  // namespace sluice::daemon
