#pragma once

#include <exception>

#include "daemon/report/status.h"

namespace sluice::daemon {

/// How an attempt has failed, named by what the pump does about it.
enum class Failure {
  away,      ///< server, network, a locked file: back off, for ever
  collided,  ///< another transaction on the server was in the way: again at once, a few times, then as away
  refused,   ///< a row, a table or the source file is not fit: halt; look again after a change and from time
             ///< to time
  diverged,  ///< the two sides do not belong together: only a person can say how to go on
  finished,  ///< cutover has ended this pipeline
};

/// A failure in the two forms in which it is needed: what the pump does about it, and what people are told.
struct FailureReport {
  Failure failure = Failure::away;
  ErrorReport error;
};

/// Sorts what a replicator has thrown. The id is the same for the same error at the same place, so that a
/// person who acts on one can't hit another; since and attempts are for the caller to fill in.
FailureReport report_failure(std::exception_ptr thrown);

}  // namespace sluice::daemon
