#pragma once

#include <string_view>

#include "daemon/report/service.h"

/// What stands behind the ? of a request. Pure; any thread.
namespace sluice::daemon {

/// pipeline=NAME&limit=N&after=POSITION, each of them optional. Throws Refusal (400) that names the unknown
/// parameter and its nearest neighbour, the one given twice, or the value out of range.
LogQuery parse_log_query(std::string_view query);

/// pipeline=NAME&limit=N&after=ID, or pipeline=NAME&id=ID for one row with its values.
QuarantineQuery parse_quarantine_query(std::string_view query);

}  // namespace sluice::daemon
