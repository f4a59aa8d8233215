#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Accepts the place where the file is now, because a person says so. Throws Diverged where it is another
/// file.
void adopt(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
