#pragma once

#include <string>
#include <vector>

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Making what the target lacks: tables before their rows. Their indexes and foreign keys come after them.
namespace sluice::daemon {

/// Makes all of them in one transaction with what is remembered of them, so that a crash leaves either.
/// `there`: the tables that the target has.
void make_tables(SyncState& state, const Sides& sides, const std::vector<capture::SourceTable>& missing,
                 const std::vector<applier::TargetTable>& there);

/// The tables and, because columns that point at others take their types, those that they point at.
std::vector<capture::SourceTable> with_parents(const SyncState& state,
                                               std::vector<capture::SourceTable> tables);

/// Is there one of this name, as Postgres would call it?
bool is_among(const std::vector<capture::SourceTable>& tables, const std::string& name);

}  // namespace sluice::daemon
