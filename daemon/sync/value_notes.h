#pragma once

#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Tells people of the step's values that could be read in more than one way: once a column and way.
void tell_notes(SyncState& state);

}  // namespace sluice::daemon
