#pragma once

#include <vector>

#include "daemon/sync/sides.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Copies tables as a whole: everything that they hold, compared in one transaction. For rows that need one
/// another.
StepResult copy_whole(SyncState& state, const Settled& settled,
                      const std::vector<const applier::TargetTable*>& tables);

}  // namespace sluice::daemon
