#pragma once

#include <cstdint>

#include "daemon/sync/guard.h"

namespace sluice::daemon {

/// What a step has done.
struct StepResult {
  Outcome outcome = Outcome::go_on;  ///< another one: nothing was done, and the source has to be looked at
  std::int64_t changes = 0;          ///< changelog entries that it brought over
  std::int64_t rows_copied = 0;      ///< rows of first copies
  bool wrote = false;                ///< a transaction was committed
  bool more = false;                 ///< another step has something to do
  bool copying = false;              ///< a table is under its first copy
  bool verifying = false;   ///< a comparison is under way, and another step has something to do for it
  bool whole = true;        ///< Postgres stands at a boundary
  bool at_boundary = true;  ///< everything committed before the step began has been brought over
};

}  // namespace sluice::daemon
