#pragma once

#include <cstdint>

#include "applier/batch.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Rows that a target table held before its copy: whose they are, and what becomes of them.
namespace sluice::daemon {

/// Before the first write: under `refuse` every row that a target table holds has to be in the source, and
/// equal. Throws ApplyError "existing_rows".
void check_existing_rows(SyncState& state, const Known& known);

/// What becomes of rows that only the target has: deleted where they are ours or the owner said so, else
/// kept, or a reason to stop. Decided before the first chunk.
applier::OnlyInTarget fate_of_unknown(SyncState& state, const Known& known,
                                      const applier::TargetTable& table);

/// Carries it out for a table that has been gathered as a whole.
void settle_unknown_rows(const SyncState& state, applier::LargeBatch& batch,
                         const applier::TargetTable& table, applier::OnlyInTarget fate);

/// Throws ApplyError "existing_rows" where there are any.
void refuse_existing(const applier::TargetTable& table, std::int64_t foreign, std::int64_t differing);

void tell_kept_rows(const SyncState& state, const applier::TargetTable& table, std::int64_t rows);

}  // namespace sluice::daemon
