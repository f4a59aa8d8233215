#pragma once

#include <exception>

#include "daemon/pipeline/pump.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

/// A failure in the two forms in which it is needed: what the pump does about it, and what people are told.
struct FailureReport {
  Failure failure = Failure::away;
  ErrorReport error;
};

/// Sorts what a replicator has thrown. The id is the same for the same error at the same place, so that a
/// person who acts on one can't hit another; since and attempts are for the caller to fill in.
FailureReport report_failure(std::exception_ptr thrown);

}  // namespace sluice::daemon
