#include "applier/values/counted_time.h"

#include <cmath>

#include "applier/values/conversion_types.h"

namespace sluice::applier {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

/// Leaves room for the distance between two epochs.
constexpr std::int64_t kMostOfAll = 9'100'000'000'000'000'000;

constexpr Unit kOfSeconds{1'000'000};
constexpr Unit kOfMilliseconds{1'000};
constexpr Unit kOfMicroseconds{1};
constexpr Unit kOfTicks{1, 10};  ///< 100 ns, as .NET and Windows count
constexpr Unit kOfNanoseconds{1, 1'000};

[[noreturn]] void refuse_size() {
  throw ConversionError("number is too large for a time");
}

}  // namespace

std::optional<Counting> counting_of(TypeRule::Kind rule) {
  using Kind = TypeRule::Kind;
  switch (rule) {
    case Kind::unix_s:
      return Counting{kOfSeconds};
    case Kind::unix_ms:
      return Counting{kOfMilliseconds};
    case Kind::unix_us:
      return Counting{kOfMicroseconds};
    case Kind::unix_ns:
      return Counting{kOfNanoseconds};
    case Kind::core_data:
      return Counting{kOfSeconds, sys_days(2001y / 1 / 1)};
    case Kind::webkit:
      return Counting{kOfMicroseconds, sys_days(1601y / 1 / 1)};
    case Kind::filetime:
      return Counting{kOfTicks, sys_days(1601y / 1 / 1)};
    case Kind::dotnet_ticks:
      return Counting{kOfTicks, sys_days(1y / 1 / 1)};
    default:
      return std::nullopt;
  }
}

std::optional<Unit> interval_unit_of(TypeRule::Kind rule) {
  using Kind = TypeRule::Kind;
  switch (rule) {
    case Kind::interval_s:
      return kOfSeconds;
    case Kind::interval_ms:
      return kOfMilliseconds;
    case Kind::interval_us:
      return kOfMicroseconds;
    default:
      return std::nullopt;
  }
}

Microseconds counted(std::int64_t count, Unit unit, Rounded& rounded) {
  if (count > kMostOfAll / unit.microseconds || count < -kMostOfAll / unit.microseconds) refuse_size();
  const std::int64_t parts = count * unit.microseconds;
  std::int64_t whole = parts / unit.parts;
  std::int64_t rest = parts % unit.parts;
  if (rest < 0) {
    --whole;
    rest += unit.parts;
  }
  rounded = rest == 0 ? Rounded::no : 2 * rest < unit.parts ? Rounded::down : Rounded::up;
  return Microseconds(rounded == Rounded::up ? whole + 1 : whole);
}

Microseconds counted(double count, Unit unit, Rounded& rounded) {
  const double total = count * static_cast<double>(unit.microseconds) / static_cast<double>(unit.parts);
  if (!(std::fabs(total) < static_cast<double>(kMostOfAll))) refuse_size();
  const double nearest = std::round(total);
  rounded = nearest > total ? Rounded::up : nearest < total ? Rounded::down : Rounded::no;
  return Microseconds(static_cast<std::int64_t>(nearest));
}

Microseconds counted(std::int64_t count, Unit unit) {
  Rounded rounded = Rounded::no;
  return counted(count, unit, rounded);
}

Microseconds counted(double count, Unit unit) {
  Rounded rounded = Rounded::no;
  return counted(count, unit, rounded);
}

}  // namespace sluice::applier
