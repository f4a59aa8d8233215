#pragma once

#include "applier/server/target_table.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// The types of a table that was made before it had a row are a guess by its declaration. While it is empty
/// still, it follows the first values that do not fit. True where a column has another type now.
bool follow_first_values(SyncState& state, const Known& known, const applier::TargetTable& table);

}  // namespace sluice::daemon
