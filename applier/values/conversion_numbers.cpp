#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "applier/values/conversion.h"
#include "applier/values/decimal.h"

namespace sluice::applier {
namespace {

using Kind = TypeRule::Kind;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Is it that word, in any case?
bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

[[noreturn]] void refuse_digits(const Conversion& conversion) {
  throw ConversionError(
      "number needs more digits than type " + std::string(name_of(conversion.column.kind)) + " keeps",
      "rounded");
}

/// Digits after the point that a numeric(p,s) keeps. The field has eleven bits, the first of them the sign.
int scale_of(int modifier) {
  constexpr int kHeader = 4;
  return (((modifier - kHeader) & 2047) ^ 1024) - 1024;
}

/// The server would round these without a word.
void check_scale(const Decimal& number, const Conversion& conversion) {
  if (conversion.column.modifier < 0 || conversion.has_rule(Kind::rounded) || number.digits.empty()) return;
  const int scale = scale_of(conversion.column.modifier);
  if (number.exponent >= -scale) return;
  throw ConversionError("number has more digits after the point than the " + std::to_string(scale) +
                            " of the column's numeric type",
                        "rounded");
}

std::string checked_numeric(std::string number, const Conversion& conversion) {
  if (conversion.column.modifier < 0) return number;
  if (const auto decimal = parse_decimal(number)) check_scale(*decimal, conversion);
  return number;
}

/// `inf`, `-Infinity`, `nan` in any case, as Postgres writes them; nothing for anything else.
const char* special_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (is_word(text, "inf") || is_word(text, "infinity")) return negative ? "-Infinity" : "Infinity";
  return is_word(text, "nan") ? "NaN" : nullptr;
}

bool survives(std::string_view number, const Decimal& value, TypeKind kind) {
  return kind == TypeKind::float4 ? survives_as_float(number, value) : survives_as_double(number, value);
}

}  // namespace

std::string boolean_of_integer(const std::int64_t& value, const Conversion&) {
  if (value == 0) return "f";
  if (value == 1) return "t";
  throw ConversionError("integer value is no boolean (0, 1)");
}

std::string boolean_of_text(const std::string& value, const Conversion&) {
  for (const char* yes : {"1", "t", "true", "yes", "on"}) {
    if (is_word(value, yes)) return "t";
  }
  for (const char* no : {"0", "f", "false", "no", "off"}) {
    if (is_word(value, no)) return "f";
  }
  throw ConversionError("text value is no boolean (0, 1, t, f, true, false, yes, no, on, off)");
}

std::string int_of_integer(const std::int64_t& value, const Conversion& conversion) {
  const TypeKind kind = conversion.column.kind;
  const std::int64_t most = kind == TypeKind::int2   ? std::numeric_limits<std::int16_t>::max()
                            : kind == TypeKind::int4 ? std::numeric_limits<std::int32_t>::max()
                                                     : std::numeric_limits<std::int64_t>::max();
  if (value <= most && value >= -most - 1) return std::to_string(value);
  throw ConversionError("integer is out of range of type " + std::string(name_of(kind)));
}

std::string int_of_real(const double& value, const Conversion& conversion) {
  constexpr double kLimit = 9223372036854775808.0;
  const bool is_integer = value == std::trunc(value) && value >= -kLimit && value < kLimit;
  if (!is_integer) refuse("real", conversion.column.kind);
  return int_of_integer(static_cast<std::int64_t>(value), conversion);
}

std::string int_of_text(const std::string& value, const Conversion& conversion) {
  const auto integer = as_integer(value);
  if (!integer) refuse("text", conversion.column.kind);
  return int_of_integer(*integer, conversion);
}

std::string float_of_integer(const std::int64_t& value, const Conversion& conversion) {
  constexpr std::int64_t kExact = std::int64_t{1} << 24;  // every integer up to here is a float
  std::string number = std::to_string(value);
  if ((value >= -kExact && value <= kExact) || conversion.has_rule(Kind::rounded)) return number;
  if (!survives(number, *parse_decimal(number), conversion.column.kind)) refuse_digits(conversion);
  return number;
}

std::string float_of_real(const double& value, const Conversion& conversion) {
  std::string number = shortest(value);
  const bool exact = conversion.column.kind == TypeKind::float8 || !std::isfinite(value);
  if (exact || conversion.has_rule(Kind::rounded)) return number;
  if (!survives_as_float(number, *parse_decimal(number))) refuse_digits(conversion);
  return number;
}

std::string float_of_text(const std::string& value, const Conversion& conversion) {
  if (const char* special = special_number(value)) return special;
  const auto decimal = parse_decimal(value);
  if (!decimal) refuse("text", conversion.column.kind);
  if (!conversion.has_rule(Kind::rounded) && !survives(value, *decimal, conversion.column.kind)) {
    refuse_digits(conversion);
  }
  return value;
}

std::string numeric_of_integer(const std::int64_t& value, const Conversion& conversion) {
  const bool may_round = conversion.column.modifier >= 0 && scale_of(conversion.column.modifier) < 0;
  return may_round ? checked_numeric(std::to_string(value), conversion) : std::to_string(value);
}

std::string numeric_of_real(const double& value, const Conversion& conversion) {
  return checked_numeric(shortest(value), conversion);
}

std::string numeric_of_text(const std::string& value, const Conversion& conversion) {
  if (const char* special = special_number(value)) return special;
  const auto decimal = parse_decimal(value);
  if (!decimal) refuse("text", TypeKind::numeric);
  check_scale(*decimal, conversion);
  return value;
}

}  // namespace sluice::applier
