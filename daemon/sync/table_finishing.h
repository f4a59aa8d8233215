#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Makes the indexes of one table that Sluice has made and whose rows are there now, or at last all foreign
/// keys. Begins again after a crash: what is there by its name is left alone, and that a table is finished is
/// remembered when all is done.
StepResult finish_tables(SyncState& state, const Settled& settled);

}  // namespace sluice::daemon
