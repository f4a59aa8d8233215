#pragma once

#include <string>

#include "applier/server/progress.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// The row by which Postgres knows the pipeline, in every transaction that writes.
namespace sluice::daemon {

/// The statement that holds the row for a transaction that moves nothing: whoever believes another one is
/// refused.
std::string advance_nowhere(const SyncState& state, const Known& known);

/// A commit has been confirmed: what Postgres holds now.
void advanced(applier::PipelineRow& row, const capture::Anchor& to, bool whole);

/// The same where the transaction has moved nothing.
void advanced_nowhere(const Known& known);

}  // namespace sluice::daemon
