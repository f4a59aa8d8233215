#pragma once

#include "daemon/sync/scan.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Reads a batch after the position, and applies it in one transaction with the new position.
StepResult replay(SyncState& state, const Settled& settled);

/// The same with the next chunk of a scan.
StepResult replay(SyncState& state, const Settled& settled, Scan& scan);

}  // namespace sluice::daemon
