#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// The UTF-16 units that JSON text writes as \uXXXX. Pure.
namespace sluice::applier {

/// The value of four hexadecimal digits; nothing where they are not.
inline std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kLength = 4;
  if (text.size() < at + kLength) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(at, kLength)) {
    const bool digit = c >= '0' && c <= '9';
    const char letter = static_cast<char>(c | 0x20);
    if (!digit && (letter < 'a' || letter > 'f')) return std::nullopt;
    unit = unit * 16 + static_cast<std::uint32_t>(digit ? c - '0' : letter - 'a' + 10);
  }
  return unit;
}

inline bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

inline bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace sluice::applier
