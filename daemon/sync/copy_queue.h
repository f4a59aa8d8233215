#pragma once

#include <vector>

#include "daemon/sync/guard.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Which tables are still to be copied, or to be finished after that, as far as this side knows.
namespace sluice::daemon {

/// Parents come first, so that in ordinary mode the rows of a child find theirs.
std::vector<const applier::TargetTable*> tables_to_copy(const SyncState& state);

/// The first of them; null where there is none.
const applier::TargetTable* next_to_copy(const SyncState& state);

/// The table, and those still to be copied that point at it and that it points at, by foreign keys of the
/// server and however many others between: none of them has its parents before it has its children.
std::vector<const applier::TargetTable*> tables_in_cycle(const SyncState& state,
                                                         const applier::TargetTable& table);

/// Tables that were made, whose indexes and foreign keys are still to come.
std::vector<capture::SourceTable> tables_to_finish(const SyncState& state);

/// Is a table under its first copy, or still to be finished?
bool copying(const SyncState& state);

/// Has the table's copy begun, and does it compare with rows that were there?
bool is_compared_copy(const applier::TableProgress& progress);

/// A copy that compares meets rows that are there: its table follows the changes before and meanwhile. What
/// the source deletes would else stay, where rows that only the target has are kept.
bool follows_already(const SyncState& state, const applier::TargetTable& table);

/// Where a copy stands once the chunk is committed.
capture::CopyState stands_at(const capture::CopyChunk& chunk);

/// Asked whenever tables begin to wait for their copy, in one question.
void note_filled_tables(SyncState& state, const Sides& sides);

}  // namespace sluice::daemon
