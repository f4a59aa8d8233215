#include "daemon/sync/step.h"

#include "applier/server/apply_error.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/copying.h"
#include "daemon/sync/ending.h"
#include "daemon/sync/reading.h"
#include "daemon/sync/replay.h"
#include "daemon/sync/settlement.h"
#include "daemon/sync/table_finishing.h"
#include "daemon/sync/value_notes.h"
#include "daemon/sync/verifying.h"

namespace sluice::daemon {
namespace {

StepResult look_anew() {
  StepResult result;
  result.outcome = Outcome::reinstall;
  return result;
}

bool is_made(const SyncState& state, const std::string& table) {
  const auto found = state.progress.find(table);
  return found != state.progress.end() && found->second.made;
}

/// What a new look at both sides may mend: a value that our own rules refuse, where the rows may prove a unit
/// by now, or give a table other types that had no row when it was made; one that is too long for an index of
/// ours.
void note_misfit(SyncState& state, const applier::ApplyError& error) {
  constexpr const char* kTooLongForIndex = "54000";
  if (error.sqlstate == kTooLongForIndex && is_made(state, error.table)) {
    state.index_refused.insert(error.table);
    state.misfit = true;
    return;
  }
  if (error.fault != applier::Fault::row || !error.sqlstate.empty()) return;
  const auto progress = state.progress.find(error.table);
  const bool began_empty =
      progress != state.progress.end() && progress->second.made && progress->second.rows_copied == 0;
  const bool doubtful = error.code == "unit_doubtful";
  if (doubtful) state.units_doubted.insert(error.table);
  state.misfit = doubtful || began_empty;
}

/// A table's copy comes first, then a comparison; the changes go with both.
StepResult bring_over(SyncState& state, const Settled& settled) {
  const applier::TargetTable* table = next_to_copy(state);
  if (table == nullptr && settled.row.whole && !tables_to_finish(state).empty())
    return finish_tables(state, settled);
  const bool verifies = !table && state.verification && !state.verification->done();
  const StepResult result = table      ? copy(state, settled, *table)
                            : verifies ? verify_on(state, settled)
                                       : replay(state, settled);
  if (result.wrote) {
    state.batch_size.arrived();
    tell_notes(state);
  }
  if (!result.more) end_if_moved(state, settled);
  return result;
}

}  // namespace

StepResult step(SyncState& state, Link& link) {
  const auto [renewal, sides] = link.renew();
  if (renewal != Renewal::kept) state.catalog.journal_mode = sides.source.journal_mode();
  const auto both = settled(state, sides);
  if (renewal == Renewal::unknown || !both) return look_anew();
  try {
    state.under_way = {};
    state.misfit = false;
    state.notes.clear();
    return bring_over(state, *both);
  } catch (const applier::ApplyError& error) {
    note_misfit(state, error);
    if (error.lost_connection()) state.batch_size.lost(state.under_way.changes, state.under_way.bytes);
    throw;
  } catch (const Interrupted&) {
    return look_anew();
  }
}

}  // namespace sluice::daemon
