#pragma once

#include <chrono>
#include <vector>

#include "applier/server/constraints.h"
#include "applier/server/sequences.h"
#include "daemon/report/cutover.h"
#include "daemon/sync/link.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// What cut_over() has done.
struct CutoverEnd {
  capture::Position position;
  std::chrono::steady_clock::duration locked{};
  std::vector<applier::SequenceState> sequences;
  std::vector<applier::ConstraintState> constraints;
};

/// The end of a settled pipeline, by the protocol of docs/CUTOVER.md. Where it throws, the file is as it was
/// and the pipeline goes on, unless the error says "not_recorded".
CutoverEnd cut_over(SyncState& state, Link& link, const CutoverOrder& order);

}  // namespace sluice::daemon
