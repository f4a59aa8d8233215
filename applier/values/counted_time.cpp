#include "applier/values/counted_time.h"

#include <cmath>

#include "applier/values/conversion_types.h"

namespace sluice::applier {
namespace {

/// Leaves room for the distance between two epochs.
constexpr std::int64_t kMostOfAll = 9'200'000'000'000'000'000;

[[noreturn]] void refuse_size() {
  throw ConversionError("number is too large for a time");
}

}  // namespace

std::int64_t unit_of(TypeRule::Kind rule) {
  using Kind = TypeRule::Kind;
  switch (rule) {
    case Kind::unix_us:
    case Kind::interval_us:
      return 1;
    case Kind::unix_ms:
    case Kind::interval_ms:
      return 1'000;
    case Kind::unix_s:
    case Kind::core_data:
    case Kind::interval_s:
      return 1'000'000;
    default:
      return 0;
  }
}

Microseconds counted(std::int64_t count, std::int64_t unit) {
  if (count > kMostOfAll / unit || count < -kMostOfAll / unit) refuse_size();
  return Microseconds(count * unit);
}

Microseconds counted(double count, std::int64_t unit) {
  Rounded rounded = Rounded::no;
  return counted(count, unit, rounded);
}

Microseconds counted(double count, std::int64_t unit, Rounded& rounded) {
  const double total = count * static_cast<double>(unit);
  if (!(std::fabs(total) < static_cast<double>(kMostOfAll))) refuse_size();
  const double nearest = std::round(total);
  rounded = nearest > total ? Rounded::up : nearest < total ? Rounded::down : Rounded::no;
  return Microseconds(static_cast<std::int64_t>(nearest));
}

}  // namespace sluice::applier
