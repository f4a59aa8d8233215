#include "daemon/report/clock_text.h"

#include <fmt/core.h>

#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace sluice::daemon {

namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

std::string utc_text(WallTime time) {
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<milliseconds>(time) - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

WallTime parse_utc(const std::string& text) {
  int year = 0, hour = 0, minute = 0, second = 0, millisecond = 0, end = 0;
  unsigned month = 0, day = 0;
  const int fields = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour,
                                 &minute, &second, &millisecond, &end);
  if (fields != 7 || static_cast<std::size_t>(end) != text.size())
    throw std::invalid_argument("not a UTC time: " + text);
  const std::chrono::sys_days date{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return date + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second} +
         milliseconds{millisecond};
}

std::string local_text(WallTime time) {
  const std::time_t moment = std::chrono::system_clock::to_time_t(floor<seconds>(time));
  std::tm local{};
  localtime_r(&moment, &local);
  char clock[32];
  std::strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &local);
  const long offset = local.tm_gmtoff / 60;
  const long distance = offset < 0 ? -offset : offset;
  return fmt::format("{} {}{:02}:{:02}", clock, offset < 0 ? '-' : '+', distance / 60, distance % 60);
}

}  // namespace sluice::daemon
