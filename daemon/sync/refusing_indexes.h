#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Takes out the indexes that Sluice has made on tables of which a row was too long for one: SQLite takes
/// such values into an index, a B-tree of Postgres takes 2,704 bytes at most. Those that keep values apart
/// stay, and so do the owner's.
void drop_refusing_indexes(SyncState& state, const Known& known);

}  // namespace sluice::daemon
