#pragma once

#include <string>

#include "daemon/report/status.h"

/// Points in time as text: UTC for programs, local time with offset for people. Any thread.
namespace sluice::daemon {

/// RFC 3339 in UTC with milliseconds: "2026-11-20T14:03:22.125Z".
std::string utc_text(WallTime time);

/// The inverse of utc_text(). Throws std::invalid_argument on anything else.
WallTime parse_utc(const std::string& text);

/// Local time with offset, to the second: "2026-11-20 15:03:22 +01:00".
std::string local_text(WallTime time);

}  // namespace sluice::daemon
