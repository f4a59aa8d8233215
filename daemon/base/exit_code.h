#pragma once

namespace sluice::daemon {

/// How `sluiced` and `sluicectl` end; scripts rely on these numbers.
enum class ExitCode : int {
  done = 0,
  failed = 1,            ///< it was tried and did not work; the reason is on standard error
  usage = 2,             ///< wrong arguments or configuration
  no_daemon = 3,         ///< nothing to talk to at the socket
  timed_out = 4,         ///< the time ran out; the work may go on
  differences = 5,       ///< the two sides differ
  migrate_failed = 125,  ///< of `migrate`, whose other codes are those of the command
};

}  // namespace sluice::daemon
