#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Dates and times of day as text: ISO 8601 in its usual shapes, and what Postgres reads. Pure.
namespace sluice::applier {

using Microseconds = std::chrono::microseconds;

/// A moment in UTC, to the microsecond.
using Moment = std::chrono::sys_time<Microseconds>;

/// What has become of digits that are finer than a time is kept.
enum class Rounded { no, down, up };

/// A time of day as it is written: `12:30:00.5+02`.
struct WrittenClock {
  Microseconds time{};  ///< since midnight; 24:00:00, the end of the day, only where it is written so
  std::optional<std::chrono::seconds> offset;  ///< east of UTC
  Rounded rounded = Rounded::no;               ///< to the microsecond
};

/// A date and perhaps a time of day as they are written; without one it is midnight.
struct WrittenMoment {
  std::chrono::sys_days day;
  WrittenClock clock;

  Moment without_offset() const { return day + clock.time; }
};

/// Reads `12:30`, `12:30:00`, `12:30:00.5`, each with or without a zone: `Z`, `UTC`, `+02`, `+0200`,
/// `+02:00`, ` +02:00`, `+0200 CEST`, and as Go prints it: `+0200 +0200`, `+0200 CEST m=+0.5`. Nothing for
/// anything else.
std::optional<WrittenClock> parse_clock(std::string_view text);

/// Reads `2024-02-29`, and that with `T` or spaces and a time of day behind it; the day has to exist.
std::optional<WrittenMoment> parse_moment(std::string_view text);

/// `2024-02-29`, as Postgres reads it in any year.
std::string date_text(std::chrono::sys_days day);

/// `2024-02-29 12:30:00.5`, with `+00` behind it where the zone is to be said.
std::string moment_text(Moment moment, bool with_zone);

/// `12:30:00.5`; hours may be more than two digits, a negative time begins with a minus.
std::string clock_text(Microseconds time);

/// `+02:00`, `-05:30:15`.
std::string offset_text(std::chrono::seconds offset);

/// Rounding takes no time into another day: what has come to midnight that way is `step` before it.
Moment in_its_day(Moment moment, Rounded rounded, Microseconds step);

/// Is it in the years from 4713 BC, where the calendar of Postgres begins, to 32766, where that of
/// std::chrono ends?
bool is_in_calendar(Moment moment);

}  // namespace sluice::applier
