#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Has Postgres remember which tables are this pipeline's alone, before the first write to them. Throws
/// ApplyError (target_owned) where one is another pipeline's.
void claim_targets(SyncState& state, const Known& known);

}  // namespace sluice::daemon
