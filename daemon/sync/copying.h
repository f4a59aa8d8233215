#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Goes on with the copy of a table: the rows that were in the source before capture, beside the stream of
/// changes.
StepResult copy(SyncState& state, const Settled& settled, const applier::TargetTable& table);

}  // namespace sluice::daemon
