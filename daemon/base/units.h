#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Durations and sizes as people write them in the configuration.
namespace sluice::daemon {

/// Reads `250ms`, `10s`, `5m` or `1h`: a whole number and its unit, nothing between or around them.
/// Nothing for any other text and for what does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Writes a duration in the largest unit that divides it: parse_duration() reads the same value back.
std::string print_duration(std::chrono::milliseconds duration);

/// For what is shown or divided.
inline double in_seconds(std::chrono::duration<double> duration) {
  return duration.count();
}
inline double in_milliseconds(std::chrono::duration<double, std::milli> duration) {
  return duration.count();
}

/// Reads `512B`, `64KiB`, `32MiB`, `2GiB` or `1TiB` as bytes. Nothing for any other text and for what does
/// not fit.
std::optional<std::int64_t> parse_size(std::string_view text);

/// Writes a size in the largest unit that divides it: parse_size() reads the same value back.
std::string print_size(std::int64_t bytes);

/// Reads a whole number without sign, unit or grouping.
std::optional<std::int64_t> parse_count(std::string_view text);

}  // namespace sluice::daemon
