#pragma once

#include <string>

#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Tells people of the step's values that could be read in more than one way: once a column and way.
void tell_notes(SyncState& state);

/// Counts those of one table for the comparison under way.
void note_altered_values(SyncState& state, const std::string& table);

}  // namespace sluice::daemon
