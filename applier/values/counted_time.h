#pragma once

#include <cstdint>

#include "applier/values/moment.h"
#include "applier/values/type_rule.h"

/// Times that are counted in a unit. Pure; throws ConversionError where 64 bits of microseconds do not hold
/// one.
namespace sluice::applier {

/// Microseconds in one of what numbers count under a rule; 0 for rules that say nothing of it.
std::int64_t unit_of(TypeRule::Kind rule);

Microseconds counted(std::int64_t count, std::int64_t unit);

/// To the nearest microsecond: a real holds no more of today's date. `rounded` says what that has done.
Microseconds counted(double count, std::int64_t unit);
Microseconds counted(double count, std::int64_t unit, Rounded& rounded);

}  // namespace sluice::applier
