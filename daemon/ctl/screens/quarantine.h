#pragma once

#include <cstddef>
#include <string>

#include "daemon/report/service.h"

/// What people see of the quarantine. Pure: the time is passed in, the time zone is the process's.
namespace sluice::daemon {

/// "shop: 2 rows in quarantine" and an aligned table. In a window of so many columns long names, keys and
/// messages are cut so that a row fits on a line; without one (0) nothing is.
std::string render_quarantine(const QuarantineAnswer& answer, std::size_t window);

/// Everything about one row, its values included.
std::string render_quarantine_entry(const std::string& pipeline, const QuarantineEntry& row, WallTime now);

/// "shop: 1 of 3 rows has gone over"
std::string retried_line(const RetriedAnswer& answer);

/// What was dropped, and what it means.
std::string discarded_line(const DiscardedAnswer& answer);

/// "shop: goes on without packages, key 7; 1 row in quarantine"
std::string skipped_line(const SkippedAnswer& answer);

}  // namespace sluice::daemon
