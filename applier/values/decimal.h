#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Decimal numbers as text, without a loss. Pure.
namespace sluice::applier {

/// A decimal number by its value: digits x 10^exponent. `1.50` and `15e-1` are the same.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< without zeros at either end; empty for zero
  std::int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

/// Reads `12`, `-0.5`, `+1.`, `.5`, `1e-3`; nothing for anything else, be it a space beside it.
std::optional<Decimal> parse_decimal(std::string_view text);

/// The 64-bit integer that a decimal number is: 3 for `3` and `3.0`; nothing for `3.5` and what is too large.
std::optional<std::int64_t> as_integer(std::string_view text);

/// The nearest double to a decimal number; nothing where it is none, or beyond the range of doubles.
std::optional<double> as_double(std::string_view text);

/// Does the nearest double (float) show the same number, written with as many digits?
bool survives_as_double(std::string_view number, const Decimal& value);
bool survives_as_float(std::string_view number, const Decimal& value);

/// A double in the fewest digits that read back as the same double: `0.1`, `Infinity`.
std::string shortest(double number);

}  // namespace sluice::applier
