#pragma once

#include <optional>
#include <string>

#include "applier/server/server_table.h"
#include "applier/server/target_table.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// How the primary key of a table that Sluice made follows that of its source, which a migration may give to
/// other columns: the old one would refuse rows that SQLite takes, or let the server take rows that SQLite
/// refuses.
namespace sluice::daemon {

/// What the server's primary key lacks to be the source's.
struct KeyChange {
  std::string what;  ///< has happened, for people
  std::string drop;  ///< the statement that takes the old key out; empty where there is none
  std::string add;   ///< the statement that puts the new one in
};

/// Nothing where both have the same columns, or the server's has one that SQLite does not know, which its
/// owner will have wanted. Pure.
std::optional<KeyChange> key_change(const applier::TargetTable& table, const applier::ServerTable& server);

/// The table fault `key_changed`, with the statements.
applier::ApplyError key_changed(const applier::TargetTable& table, const KeyChange& change);

/// Runs them. Where rows that are there refuse the new key, it waits for the copy that follows every change
/// of a table. Throws ApplyError where the server refuses for another reason.
void follow_key(SyncState& state, const Known& known, const applier::TargetTable& table,
                const KeyChange& change);

}  // namespace sluice::daemon
