#pragma once

#include <string>

#include "daemon/sync/guard.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// What is known of whether the two sides belong together, for judge() to weigh.
namespace sluice::daemon {

/// Judged before anything is written to it: a file that Postgres does not know the pipeline by, or knows in
/// another place, is none of ours to write to. One that has lost its id is recognised by its place when it is
/// installed.
bool is_a_stranger(SyncState& state, const Sides& sides);

/// What the catalog and the changelog say; of the copies, note_copies() has the rest.
Evidence find_evidence(const SyncState& state, const Sides& sides);

/// Known once the target tables are: a table that was dropped and made again on the server has another oid.
void note_copies(SyncState& state);

/// What the copy of the table belongs to.
std::string current_version(const SyncState& state, const applier::TargetTable& table);

/// Says why the two sides do not belong together, by the evidence that was found last.
[[noreturn]] void diverge(const SyncState& state);

}  // namespace sluice::daemon
