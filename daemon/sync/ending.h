#pragma once

#include <vector>

#include "applier/server/sequences.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// What Postgres is to hold of a pipeline that has ended.
namespace sluice::daemon {

/// Advances the sequences and notes the end. To be committed after the file says that it has moved.
std::vector<applier::SequenceState> write_end(const SyncState& state, const Known& known);

/// Makes up for it where the daemon died, or the server went, between the two commits of a cutover; or where
/// the server was restored to a time before them, and has been brought up to the file's last change again.
/// Throws Diverged "finished" then.
void end_if_moved(const SyncState& state, const Known& known);

}  // namespace sluice::daemon
