#pragma once

#include "daemon/config/config.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// The mark in Postgres that capture is out of the file for an application's schema migration.
namespace sluice::daemon {

/// Notes that capture is about to be taken out of the file, so that every table is compared once it is back
/// in: by the next settle(), whoever calls it. Over connections of its own. Throws Diverged where the two
/// sides do not belong together.
void begin_migration(const PipelineConfig& config);

/// Capture goes back in where that has not been done, and every table is compared: what the migration wrote
/// was not noted. The history of the file is a new one. Throws SourceError "migration_running" before its
/// end.
void end_migration(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
