// Copying: the rows that were in the source before capture, beside the stream of changes.

#include "daemon/sync/copying.h"

#include "applier/server/apply_error.h"
#include "applier/server/rows_there.h"
#include "daemon/sync/compared_copy.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/existing_rows.h"
#include "daemon/sync/replay.h"
#include "daemon/sync/straight_copy.h"
#include "daemon/sync/whole_copy.h"

namespace sluice::daemon {
namespace {

using applier::OnlyInTarget;
using applier::TargetTable;

enum class CopyWay {
  straight,  ///< the target holds nothing: rows are written as they come
  compared,  ///< it holds rows: the scan writes what differs
  whole,     ///< everything at once, since its rows need one another
};

CopyWay way_to_copy(SyncState& state, const Settled& settled, const TargetTable& table) {
  if (!state.rows_total.contains(table.source.name))
    state.rows_total[table.source.name] = settled.source.count_rows(table.source);
  const auto& progress = progress_of(state, table);
  if (progress.copy.phase == capture::CopyState::Phase::copying) {
    return progress.only_in_target == OnlyInTarget::unasked ? CopyWay::straight : CopyWay::compared;
  }
  // Rows that point at one another are checked by the server at once there.
  const bool whole = table.references_itself || tables_in_cycle(state, table).size() > 1;
  if (settled.session.mode() == applier::ApplyMode::ordinary && whole) return CopyWay::whole;
  return applier::holds_rows(settled.session, table) ? CopyWay::compared : CopyWay::straight;
}

StepResult copy_chunk(SyncState& state, const Settled& settled, const TargetTable& table, CopyWay way) {
  if (way == CopyWay::straight) {
    StraightCopy scan(state, table);
    return replay(state, settled, scan);
  }
  ComparedCopy scan(state, table, fate_of_unknown(state, settled, table));
  return replay(state, settled, scan);
}

}  // namespace

StepResult copy(SyncState& state, const Settled& settled, const TargetTable& table) {
  const CopyWay way = way_to_copy(state, settled, table);
  if (way == CopyWay::whole) return copy_whole(state, settled, tables_in_cycle(state, table));
  try {
    return copy_chunk(state, settled, table, way);
  } catch (const applier::ApplyError& refusal) {
    const bool meets_rows = way == CopyWay::compared || !state.filled.empty();
    if (!meets_rows || !refusal.waits_for_other_rows()) throw;
  }
  // Rows that are in the way may be ones that the scans have still to come by, of this table or of another.
  return copy_whole(state, settled, tables_to_copy(state));
}

}  // namespace sluice::daemon
