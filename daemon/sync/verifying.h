#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Goes on with the comparison of tables that is under way, beside the stream.
StepResult verify_on(SyncState& state, const Settled& settled);

}  // namespace sluice::daemon
