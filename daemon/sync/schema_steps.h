#pragma once

#include <string>

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// Following: what the application has done to its tables is done on the server, or told.
namespace sluice::daemon {

/// Brings the server's tables after those of the source, in one transaction with what is remembered, so that
/// no crash can come between the two. The rows of what has changed are compared afterwards: its version is
/// another. Throws ApplyError (table) where the owner does not wish it.
void follow_schema(SyncState& state, const Sides& sides);

/// The copy of the table starts over. After an overrun its deletions have still to be agreed to.
void begin_after_change(const SyncState& state, applier::TableProgress& progress, const std::string& table);

/// So that the next look can tell what has changed.
void remember_tables(SyncState& state, const Known& known);

/// Under mirror the indexes and foreign keys of tables that Sluice has made follow as well, by the same step
/// that makes them after a copy.
void follow_indexes(SyncState& state, const Known& known);

}  // namespace sluice::daemon
