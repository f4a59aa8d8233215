#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Puts in what capture lacks, and reads the catalog, which must know every table that is captured: one that
/// came between installing and looking is put in too. Only reads where the file has moved to Postgres.
void install_and_survey(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
