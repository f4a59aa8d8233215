#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "applier/values/conversion.h"
#include "applier/values/counted_time.h"
#include "applier/values/decimal.h"
#include "applier/values/local_zone.h"
#include "applier/values/moment.h"
#include "applier/values/time_units.h"

namespace sluice::applier {
namespace {

using Kind = TypeRule::Kind;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

constexpr const char* kUnixRules = "unix_s, unix_ms or unix_us";
constexpr const char* kRealRules = "unix_s, julian or core_data";

constexpr Microseconds kMicrosecond{1};

/// A time as it is read, before the column has its say.
struct Reading {
  Moment moment;
  Rounded rounded = Rounded::no;
  Microseconds step = kMicrosecond;  ///< to which it was rounded
};

/// Julian days begin at noon. SQLite itself keeps them to the millisecond.
Reading from_julian(double day) {
  constexpr double kUnixEpoch = 2440587.5;
  constexpr double kMillisecondsPerDay = 86'400'000;
  const double exact = (day - kUnixEpoch) * kMillisecondsPerDay;
  const double nearest = std::nearbyint(exact);
  const Rounded rounded = nearest > exact ? Rounded::up : nearest < exact ? Rounded::down : Rounded::no;
  return {Moment(counted(nearest, Unit{1'000})), rounded, std::chrono::milliseconds(1)};
}

/// By the owner's rule, else as it has been proven.
Kind unit_for(const Conversion& conversion) {
  const Kind rule = conversion.column.rule.kind;
  return counting_of(rule) ? rule : conversion.column.unit;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

/// What a number counts belongs to its column: neither is it found out value by value, nor does one value
/// overrule it.
void refuse_doubtful(std::int64_t value, Kind unit, const Conversion& conversion) {
  if (unit == Kind::automatic) {
    throw UnitDoubtful("number in a column of type " + std::string(name_of(conversion.column.kind)) +
                           ", and nothing proves what it counts",
                       joined(readings(value)));
  }
  const bool declared = unit == conversion.column.rule.kind;
  if (declared || !contradicts(unit, value)) return;
  throw UnitDoubtful("number makes little sense as " + std::string(word_of(unit)) +
                         ", the unit that its column has been found to have",
                     joined(readings(value)));
}

Reading from_count(std::int64_t value, const Counting& counting) {
  Rounded rounded = Rounded::no;
  const Microseconds time = counted(value, counting.unit, rounded);
  return {counting.epoch + time, rounded};
}

Reading from_count(double value, const Counting& counting) {
  Rounded rounded = Rounded::no;
  const Microseconds time = counted(value, counting.unit, rounded);
  return {counting.epoch + time, rounded};
}

/// A local time as UTC.
Moment to_utc(Moment local, const Conversion& conversion) {
  const LocalMoment read = conversion.column.rule.zone->at(local);
  if (read.kind == LocalMoment::Kind::repeated) conversion.remarks |= kAmbiguousTime;
  if (read.kind == LocalMoment::Kind::skipped) conversion.remarks |= kSkippedTime;
  return read.moment;
}

/// The server would round a time of day to the precision of the column without a word: that is refused, or
/// wanted. Into the next day it is not rounded even then.
Microseconds in_precision(Microseconds time, const Conversion& conversion) {
  constexpr std::array<std::int64_t, 6> kUnits{1'000'000, 100'000, 10'000, 1'000, 100, 10};
  constexpr Microseconds kDay = days(1);
  const int precision = conversion.column.modifier;
  if (precision < 0 || precision > 5) return time;
  const Microseconds unit(kUnits[static_cast<std::size_t>(precision)]);
  if (time % unit == Microseconds(0)) return time;
  if (conversion.has_rule(Kind::rounded)) return time > kDay - unit ? kDay - unit : time;
  throw ConversionError(
      "time has more digits after the second than the " + std::to_string(precision) + " of the column's type",
      "rounded");
}

std::string written(const Reading& read, const Conversion& conversion) {
  const Moment moment = in_its_day(read.moment, read.rounded, read.step);
  if (!is_in_calendar(moment)) throw ConversionError("time is outside of the years from 4713 BC to 32766");
  const auto day = floor<days>(moment);
  if (conversion.column.kind == TypeKind::date) {
    // What is no midnight is none either where its time of day was too short to be kept.
    if (day != moment || read.rounded != Rounded::no)
      throw ConversionError("value with a time of day does not fit type date");
    return date_text(day);
  }
  return moment_text(day + in_precision(moment - day, conversion),
                     conversion.column.kind == TypeKind::timestamptz);
}

/// The words that Postgres knows for the ends of time; "now" and its like are not among them.
const char* infinity(std::string_view text) {
  if (text == "infinity" || text == "Infinity") return "infinity";
  return text == "-infinity" || text == "-Infinity" ? "-infinity" : nullptr;
}

bool reads_numbers(const Conversion& conversion) {
  return unit_for(conversion) != Kind::automatic || conversion.has_rule(Kind::julian);
}

}  // namespace

std::string moment_of_integer(const std::int64_t& value, const Conversion& conversion) {
  if (conversion.has_rule(Kind::iso)) refuse("integer", conversion.column.kind, kUnixRules);
  if (conversion.has_rule(Kind::julian)) return written(from_julian(static_cast<double>(value)), conversion);
  const Kind unit = unit_for(conversion);
  refuse_doubtful(value, unit, conversion);
  return written(from_count(value, *counting_of(unit)), conversion);
}

std::string moment_of_real(const double& value, const Conversion& conversion) {
  if (conversion.has_rule(Kind::julian)) return written(from_julian(value), conversion);
  const Kind unit = unit_for(conversion);
  const auto counting = counting_of(unit);
  if (!counting) refuse("real", conversion.column.kind, kRealRules);
  const Reading read = from_count(value, *counting);
  refuse_doubtful(static_cast<std::int64_t>(value), unit, conversion);
  return written(read, conversion);
}

std::string moment_of_text(const std::string& value, const Conversion& conversion) {
  const auto read = parse_moment(value);
  if (!read) {
    if (const char* word = infinity(value)) return word;
    const auto integer = as_integer(value);
    const auto real = as_double(value);
    if (integer && reads_numbers(conversion)) return moment_of_integer(*integer, conversion);
    if (real && reads_numbers(conversion)) return moment_of_real(*real, conversion);
    throw ConversionError("text value is no date or time in ISO form, as type " +
                              std::string(name_of(conversion.column.kind)) + " takes it",
                          real ? kUnixRules : "");
  }
  const Rounded rounded = read->clock.rounded;
  if (rounded != Rounded::no) conversion.remarks |= kFineTime;
  const Moment moment = read->without_offset();
  if (read->clock.offset) return written({moment - *read->clock.offset, rounded}, conversion);
  return written({conversion.column.rule.zone ? to_utc(moment, conversion) : moment, rounded}, conversion);
}

std::string time_of_text(const std::string& value, const Conversion& conversion) {
  const TypeKind kind = conversion.column.kind;
  const auto clock = parse_clock(value);
  if (!clock) {
    throw ConversionError("text value is no time of day in ISO form, as type " + std::string(name_of(kind)) +
                          " takes it");
  }
  if (clock->rounded != Rounded::no) conversion.remarks |= kFineTime;
  const Microseconds time = in_precision(clock->time, conversion);
  if (kind == TypeKind::timetz) return clock_text(time) + offset_text(clock->offset.value_or(seconds(0)));
  if (clock->offset) throw ConversionError("text with a time zone does not fit type time without time zone");
  return clock_text(time);
}

}  // namespace sluice::applier
