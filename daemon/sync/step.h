#pragma once

#include "daemon/sync/link.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Brings over the next batch, or the next chunk of a scan with the batch that it goes with. Where the two
/// sides are not settled, or no longer, it does nothing and says so.
StepResult step(SyncState& state, Link& link);

}  // namespace sluice::daemon
