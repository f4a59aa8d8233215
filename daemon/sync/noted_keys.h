#pragma once

#include "applier/batch.h"
#include "daemon/sync/sync_state.h"

/// Scans that have noted the keys of their table up to now: what the stream writes has to be noted with them.
namespace sluice::daemon {

/// Is there such a scan?
bool notes_keys(const SyncState& state);

/// Has the batch note them.
void note_keys(const SyncState& state, applier::LargeBatch& batch);

}  // namespace sluice::daemon
