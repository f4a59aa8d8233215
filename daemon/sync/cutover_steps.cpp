// The end of a pipeline. The commit in the SQLite file decides: before it nothing has changed, after it
// Postgres lacks nothing but the word `finished`, which whoever opens the file next makes up for. See
// docs/CUTOVER.md.

#include "daemon/sync/cutover_steps.h"

#include <utility>

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "capture/locked_source.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/ending.h"
#include "daemon/sync/line_cutter.h"
#include "daemon/sync/settlement.h"
#include "daemon/sync/step.h"

namespace sluice::daemon {
namespace {

CutoverRefused not_recorded(const applier::ApplyError& error) {
  return {"not_recorded",
          "the file has moved and Postgres holds its last change, but could not note that: " +
              error.told(log_shows_values()),
          "the daemon notes it by itself as soon as the server answers; see: sluicectl status"};
}

CutoverRefused rows_held_back(std::size_t rows) {
  return {"rows_held_back", std::to_string(rows) + " row(s) are in quarantine",
          "see: sluicectl quarantine list; mend and retry them, or discard them"};
}

CutoverRefused source_moved_on() {
  return {"source_moved_on", "the schema or the file has changed in the last moment",
          "nothing has changed; try again"};
}

void refuse_unfit_for_cutover(const SyncState& state) {
  if (state.verification && !state.verification->done()) {
    throw CutoverRefused("verifying", "a comparison of the two sides is under way",
                         "wait for its end, and try again");
  }
  if (const auto* table = next_to_copy(state)) {
    throw CutoverRefused("copying", "table " + table->source.name + " is still being copied",
                         "wait for the end of the copy: sluicectl status --watch");
  }
  const auto& quarantined = state.tolerance.quarantined;
  if (!quarantined.empty()) throw rows_held_back(quarantined.size());
  for (const auto& [name, progress] : state.progress) {
    if (!progress.unfinished) continue;
    throw CutoverRefused("unfinished", "indexes and foreign keys of table " + name + " are still to be made",
                         "see: sluicectl status");
  }
}

/// Their rows would stay in a file that the application no longer uses.
void refuse_tables_left_behind(const SyncState& state, capture::Source& source) {
  const auto left = source.left_behind(state.catalog);
  if (left.empty()) return;
  const std::string names = applier::join(left, ", ");
  throw CutoverRefused(
      "tables_left_behind",
      "the file has rows in tables that are not replicated, and that would not move: " + names,
      "have them captured, as sluicectl check " + state.config.name +
          " tells; or, if they may stay, exclude them by name: tables: {exclude: [" + names +
          "]}, then: sluicectl reload");
}

/// Until little is left for the time of the lock.
void catch_up(SyncState& state, Link& link) {
  constexpr std::int64_t kLittle = 1000;
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    const StepResult result = step(state, link);
    if (result.outcome != Outcome::go_on) throw source_moved_on();
    if (!result.more && result.changes <= kLittle) return;
  }
  throw CutoverRefused("not_caught_up", "the application writes faster than Postgres follows",
                       "try again at a quieter time");
}

void bring_over_the_rest(SyncState& state, Link& link, const Known& known,
                         const capture::LockedSource& lock) {
  StepResult result;
  do {
    lock.check_time();
    result = step(state, link);
  } while (result.outcome == Outcome::go_on && result.more);
  if (result.outcome != Outcome::go_on || known.row.applied != known.source.newest()) throw source_moved_on();
  const auto& quarantined = state.tolerance.quarantined;
  if (!quarantined.empty()) throw rows_held_back(quarantined.size());
}

void advance_sequences(const SyncState& state, const Settled& both) {
  applier::Transaction transaction(both.session);
  applier::advance_sequences(both.session, state.plan.tables, both.source.autoincrements());
  transaction.commit();
}

/// What is had only once it is settled.
Settled still_settled(SyncState& state, Link& link) {
  const auto found = settled(state, link.open());
  if (!found) throw source_moved_on();
  return *found;
}

/// Under the lock: the last changes, the fence, and the two commits, of which the file's decides. A file that
/// others read as well is left as it is, and Postgres decides.
CutoverEnd end_under_lock(SyncState& state, Link& link, const CutoverOrder& order) {
  const bool is_shared = !order.shared_with.empty();
  const Settled both = still_settled(state, link);
  CutoverEnd end;
  state.observe("lock");
  capture::LockedSource lock = both.source.lock(order.max_lock);
  LineCutter cutter(link.lifeline(), lock.until());
  try {
    bring_over_the_rest(state, link, both, lock);
    if (!is_shared) lock.fence(order.fence);
    state.observe("end");
    applier::Transaction transaction(both.session);
    end.sequences = write_end(state, both);
    lock.commit();
    cutter.disarm();
    state.observe("record");
    transaction.commit();
  } catch (const applier::ApplyError& error) {
    if (lock.committed() && !is_shared) throw not_recorded(error);
    if (error.lost_connection()) lock.check_time();  // it was cut because the time was over
    throw;
  }
  end.position = both.row.applied.position;
  end.locked = lock.held();
  return end;
}

}  // namespace

CutoverEnd cut_over(SyncState& state, Link& link, const CutoverOrder& order) {
  const Settled both = still_settled(state, link);
  refuse_unfit_for_cutover(state);
  if (order.shared_with.empty()) refuse_tables_left_behind(state, both.source);
  state.observe("constraints");
  auto constraints = applier::validate_constraints(both.session, state.plan.tables);
  // What can be refused is refused now, not under the lock.
  advance_sequences(state, both);
  catch_up(state, link);
  CutoverEnd end = end_under_lock(state, link, order);
  end.constraints = std::move(constraints);
  return end;
}

}  // namespace sluice::daemon
