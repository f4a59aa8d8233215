#pragma once

#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

/// What the numbers in columns of times count, where no rule of the owner says so: found once, from the
/// values that are there before a table is copied, and kept on the server from then on.
namespace sluice::daemon {

/// Gives the columns of the plan their units, and seeks those that are not known: before a first copy, and
/// where a number has been refused for want of one. What is new is remembered in a transaction of its own.
void find_units(SyncState& state, const Known& known);

/// The units that are known, as far as they fit.
void give_units(const SyncState& state, applier::TargetTable& table);

}  // namespace sluice::daemon
