#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/report/clock_text.h"

/// Work, numbers and times in words. Pure.
namespace sluice::daemon {

/// "copying", "comparing": what a kind of work does, for people.
std::string doing(const std::string& work);

/// "1,234"
std::string grouped(std::int64_t number);

/// "1 row", "1,234 rows"
std::string counted(std::int64_t count, const std::string& thing);

/// "pipeline a", "pipelines a and b", "pipelines a, b and c"
std::string listed_pipelines(const std::vector<std::string>& names);

/// "3.2 s", "5 min", "2 h 5 min", "3 d 4 h"
std::string elapsed_text(double seconds);

/// The local time, and how long ago that was.
std::string moment(WallTime time, WallTime now);

}  // namespace sluice::daemon
