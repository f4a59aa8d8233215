#pragma once

#include "applier/server/session.h"
#include "applier/values/options.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// What Postgres remembers of the pipeline.
namespace sluice::daemon {

/// Reads it, the quarantine included; what follows from it has to be settled anew. Throws Diverged where the
/// pipeline has ended.
void load(SyncState& state, applier::Session& session);

/// The same; throws ApplyError (state_damaged) where what is remembered is not what Sluice writes.
void load_sound(SyncState& state, applier::Session& session);

/// Writes damaged state anew. What can be read stays; where the target stands is taken as unknown, so that
/// the source is held against it as after an overrun of the ring.
void rewrite_damaged(SyncState& state, applier::Session& session);

/// The source as Postgres is to remember it.
applier::SourceIdentity source_here(const SyncState& state);

/// Has Postgres know the pipeline, from where the changelog stands now.
Known start_first_time(SyncState& state, const Sides& sides);

/// The pipeline as Postgres knows it, from now on if not before.
Known known_from_now(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
