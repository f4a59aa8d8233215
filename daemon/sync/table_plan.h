#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Finds the target of every captured table, after the server has followed what became of them in the source,
/// and makes those that are missing where the owner lets it. Throws ApplyError (table) where a table has none
/// that is fit.
void plan_tables(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
