#pragma once

#include <optional>

#include "daemon/sync/guard.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Where to go on, what the target tables are, and what has to be copied (again).
namespace sluice::daemon {

/// Installs what capture lacks, and holds the source against what Postgres remembers of it. What the outcome
/// asks for is for the caller to do; nothing has been written to a target table.
Outcome settle(SyncState& state, const Sides& sides);

/// The sides as settle() has left them; nothing where it has still to be called, or found that they do not
/// belong together.
std::optional<Settled> settled(SyncState& state, const Sides& sides);

/// Begins the copy of the tables anew that settle() found to have missed something.
void copy_again(SyncState& state, const Settled& settled);

}  // namespace sluice::daemon
