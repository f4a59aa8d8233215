#include "daemon/base/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace sluice::daemon {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Smallest first: the first unit is the one in which the value is kept.
constexpr std::array kDurations{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};
constexpr std::array kSizes{Unit{"B", 1}, Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20},
                            Unit{"GiB", 1LL << 30}, Unit{"TiB", 1LL << 40}};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  const auto digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const auto number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string print(std::int64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string(best->name);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse(text, kDurations);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(*value);
}

std::string print_duration(std::chrono::milliseconds duration) {
  return print(duration.count(), kDurations);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  return parse(text, kSizes);
}

std::string print_size(std::int64_t bytes) {
  return print(bytes, kSizes);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  // from_chars takes a minus sign, a count does not.
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace sluice::daemon
