#pragma once

#include <cstdint>

#include "applier/batch.h"
#include "capture/source.h"
#include "daemon/report/resync.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Whole tables in one batch: every row of the source, to be held against what the target has.
namespace sluice::daemon {

/// What a whole table has come to, gathered in a batch.
struct Gathered {
  std::int64_t changes = 0;
  std::int64_t rows = 0;
};

/// Gathers every row of a table, with the changes that come in meanwhile, until both end at one boundary,
/// where `ask` then goes on. Throws Interrupted.
Gathered gather(SyncState& state, capture::Source& source, applier::LargeBatch& batch,
                const applier::TargetTable& table, capture::ReadRequest& ask);

/// What the target holds beside the rows of the source. Writes nothing. Throws Interrupted.
applier::ExistingCounts count_existing(SyncState& state, const Known& known,
                                       const applier::TargetTable& table);

/// What copying the table again would do. Writes nothing. Throws Interrupted.
TableDifference difference(SyncState& state, const Known& known, const applier::TargetTable& table);

}  // namespace sluice::daemon
