#pragma once

#include <cstdint>
#include <optional>

#include "applier/values/moment.h"
#include "applier/values/type_rule.h"

/// Times that are counted in a unit. Pure; throws ConversionError where 64 bits of microseconds do not hold
/// one.
namespace sluice::applier {

/// What one of a count is: so many microseconds, or a part of one.
struct Unit {
  std::int64_t microseconds = 1;
  std::int64_t parts = 1;  ///< so many make that
};

/// How numbers name moments under a rule.
struct Counting {
  Unit unit;
  Moment epoch{};  ///< from which they count; 1970 unless it is said
};

/// Nothing for rules by which numbers count no such unit; Julian days are no count of microseconds.
std::optional<Counting> counting_of(TypeRule::Kind rule);

/// The unit of a duration under a rule; nothing for rules that say nothing of it.
std::optional<Unit> interval_unit_of(TypeRule::Kind rule);

/// To the nearest microsecond. `rounded` says what that has done.
Microseconds counted(std::int64_t count, Unit unit, Rounded& rounded);
Microseconds counted(double count, Unit unit, Rounded& rounded);
Microseconds counted(std::int64_t count, Unit unit);
Microseconds counted(double count, Unit unit);

}  // namespace sluice::applier
