#include "applier/convert.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string_view>

#include "applier/utf8.h"

namespace sluice::applier {
namespace {

using capture::Blob;
using capture::Text;
using capture::Value;

const char* class_name(const Value& value) {
  constexpr std::array kNames{"null", "integer", "real", "text", "blob"};
  return kNames[value.index()];
}

[[noreturn]] void refuse(const Value& value, std::string_view type) {
  throw ConversionError(std::string(class_name(value)) + " value does not fit type " + std::string(type));
}

template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The 64-bit integer that a value is, whatever its storage class; nothing where it isn't one.
std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* text = std::get_if<Text>(&value)) return parse<std::int64_t>(text->bytes);
  if (const auto* real = std::get_if<double>(&value)) {
    constexpr double kLimit = 9223372036854775808.0;
    if (*real == std::trunc(*real) && *real >= -kLimit && *real < kLimit)
      return static_cast<std::int64_t>(*real);
  }
  return std::nullopt;
}

template <typename Integer>
std::string to_integer(const Value& value, std::string_view type) {
  const auto integer = as_integer(value);
  if (!integer) refuse(value, type);
  if (*integer < std::numeric_limits<Integer>::min() || *integer > std::numeric_limits<Integer>::max()) {
    throw ConversionError("integer is out of range of type " + std::string(type));
  }
  return std::to_string(*integer);
}

std::string to_boolean(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value); integer && (*integer == 0 || *integer == 1)) {
    return *integer ? "t" : "f";
  }
  if (const auto* text = std::get_if<Text>(&value)) {
    std::string word = text->bytes;
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* yes : {"1", "t", "true", "yes", "on"}) {
      if (word == yes) return "t";
    }
    for (const char* no : {"0", "f", "false", "no", "off"}) {
      if (word == no) return "f";
    }
  }
  throw ConversionError(std::string(class_name(value)) +
                        " value is no boolean (0, 1, t, f, true, false, yes, no, on, off)");
}

std::string to_number(const Value& value, std::string_view type) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return shortest(*real);
  if (const auto* text = std::get_if<Text>(&value)) {
    if (parse<double>(text->bytes)) return text->bytes;
  }
  refuse(value, type);
}

/// How many digits a decimal number needs after its point: 2 for "1.50e-1", 0 for "1500" and "1.5e3".
int digits_after_point(std::string_view number) {
  const auto exponent_at = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, exponent_at);
  int exponent = 0;
  if (exponent_at != std::string_view::npos) {
    std::string_view text = number.substr(exponent_at + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    exponent = parse<int>(text).value_or(0);
  }
  const auto point = mantissa.find('.');
  const auto last = mantissa.find_last_not_of('0');
  const bool has_fraction = point != std::string_view::npos && last != std::string_view::npos && last > point;
  const int written = has_fraction ? static_cast<int>(last - point) : 0;
  return std::max(0, written - exponent);
}

/// Text as Postgres can hold it: valid UTF-8 without NUL, by the pipeline's policies.
std::string clean_text(const std::string& bytes, const TextPolicies& policies) {
  std::string text = bytes;
  if (text.find('\0') != std::string::npos) {
    if (policies.nul == TextPolicy::error) throw ConversionError("text holds a NUL character; see text.nul");
    text = without_nul(text, policies.nul == TextPolicy::replace);
  }
  if (!is_valid_utf8(text)) {
    if (policies.invalid_utf8 == TextPolicy::error) {
      throw ConversionError("text is not valid UTF-8; see text.invalid_utf8");
    }
    text = without_invalid_utf8(text, policies.invalid_utf8 == TextPolicy::replace);
  }
  return text;
}

/// A real as SQLite prints it into text: never mistaken for an integer.
std::string real_text(double real) {
  std::string text = shortest(real);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string to_text(const Value& value, const TextPolicies& policies, std::string_view type) {
  if (const auto* text = std::get_if<Text>(&value)) return clean_text(text->bytes, policies);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return real_text(*real);
  refuse(value, type);
}

std::string to_bytea(const Value& value) {
  const auto* blob = std::get_if<Blob>(&value);
  const auto* text = std::get_if<Text>(&value);
  if (!blob && !text) refuse(value, "bytea");
  const std::string& bytes = blob ? blob->bytes : text->bytes;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\\x";
  out.reserve(2 + 2 * bytes.size());
  for (unsigned char byte : bytes) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string to_uuid(const Value& value, const TextPolicies& policies) {
  if (const auto* blob = std::get_if<Blob>(&value); blob && blob->bytes.size() == 16) {
    return to_bytea(value).substr(2);
  }
  return to_text(value, policies, "uuid");
}

/// A moment counted from 1970 as ISO text in UTC. The unit is told by the size of the number: seconds below
/// 1e11 (the year 5138), then milliseconds, microseconds from 1e14 on (as seconds, that would be past
/// 3,000,000 AD).
std::string from_epoch(std::int64_t count) {
  using namespace std::chrono;
  const auto size = count < 0 ? -static_cast<double>(count) : static_cast<double>(count);
  if (size >= 1e17)
    throw ConversionError("integer is too large for seconds, milli- or microseconds since 1970");
  const auto since_epoch = size < 1e11   ? microseconds(seconds(count))
                           : size < 1e14 ? microseconds(milliseconds(count))
                                         : microseconds(count);
  const sys_time<microseconds> moment(since_epoch);
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  std::array<char, 64> out;
  const int length = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02u %02d:%02d:%02d.%06d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(length));
}

/// Does a time of day end in a zone: Z, +01, -05:30, a name? The date before it has hyphens of its own.
bool names_a_zone(std::string_view text) {
  const auto time = text.find(':');
  return time != std::string_view::npos &&
         text.find_first_not_of("0123456789:.", time) != std::string_view::npos;
}

std::string to_moment(const Value& value, TypeKind kind, const TextPolicies& policies) {
  if (const auto* count = std::get_if<std::int64_t>(&value); count && kind != TypeKind::date)
    return from_epoch(*count);
  if (!std::holds_alternative<Text>(value)) refuse(value, kind == TypeKind::date ? "date" : "timestamp");
  std::string text = to_text(value, policies, "timestamp");
  // Postgres would read these and drop a part of them without a word.
  if (kind == TypeKind::date && text.find(':') != std::string::npos) {
    throw ConversionError("text with a time of day does not fit type date");
  }
  if (kind == TypeKind::timestamp && names_a_zone(text)) {
    throw ConversionError("text with a time zone does not fit type timestamp without time zone");
  }
  return text;
}

bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = text[i];
    const bool fits = pattern[i] == '9'   ? std::isdigit(c) != 0
                      : pattern[i] == 'x' ? std::isdigit(c) || (c >= 'a' && c <= 'f')
                                          : c == static_cast<unsigned char>(pattern[i]);
    if (!fits) return false;
  }
  return true;
}

/// The written forms of a key in which equal values can't look different.
bool is_canonical_text(std::string_view text, TypeKind kind) {
  switch (kind) {
    case TypeKind::date:
      return matches(text, "9999-99-99");
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
      return matches(text, "9999-99-99 99:99:99");
    case TypeKind::uuid:
      return matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    default:
      return true;
  }
}

bool is_key_class(const Value& value, TypeKind kind) {
  switch (kind) {
    case TypeKind::boolean:
    case TypeKind::int2:
    case TypeKind::int4:
    case TypeKind::int8:
      return std::holds_alternative<std::int64_t>(value);
    case TypeKind::real:
    case TypeKind::numeric:
      return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
    case TypeKind::bytea:
      return std::holds_alternative<Blob>(value);
    default:
      return std::holds_alternative<Text>(value);
  }
}

}  // namespace

TypeKind kind_of(unsigned base_type_oid) {
  switch (base_type_oid) {
    case 16:
      return TypeKind::boolean;
    case 17:
      return TypeKind::bytea;
    case 20:
      return TypeKind::int8;
    case 21:
      return TypeKind::int2;
    case 23:
      return TypeKind::int4;
    case 19:
    case 25:
    case 1042:
    case 1043:
      return TypeKind::text;
    case 114:
    case 3802:
      return TypeKind::json;
    case 700:
    case 701:
      return TypeKind::real;
    case 1082:
      return TypeKind::date;
    case 1114:
      return TypeKind::timestamp;
    case 1184:
      return TypeKind::timestamptz;
    case 1700:
      return TypeKind::numeric;
    case 2950:
      return TypeKind::uuid;
    default:
      return TypeKind::other;
  }
}

std::string shortest(double number) {
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return std::string(buffer.data(), result.ptr);
}

void refuse_rounding(const std::string& number, const std::string& column_type) {
  if (column_type == "real") {
    const auto exact = parse<double>(number);
    if (!exact || !std::isfinite(*exact) || static_cast<double>(static_cast<float>(*exact)) == *exact) return;
    throw ConversionError("number needs more digits than type real keeps");
  }
  const auto comma = column_type.find(',');
  if (!column_type.starts_with("numeric(") || comma == std::string::npos) return;
  const auto scale =
      parse<int>(std::string_view(column_type).substr(comma + 1, column_type.size() - comma - 2));
  if (scale && digits_after_point(number) > *scale) {
    throw ConversionError("number has more digits after the point than " + column_type + " keeps");
  }
}

std::optional<std::string> to_postgres(const Value& value, TypeKind kind, const TextPolicies& policies) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  switch (kind) {
    case TypeKind::boolean:
      return to_boolean(value);
    case TypeKind::int2:
      return to_integer<std::int16_t>(value, "smallint");
    case TypeKind::int4:
      return to_integer<std::int32_t>(value, "integer");
    case TypeKind::int8:
      return to_integer<std::int64_t>(value, "bigint");
    case TypeKind::real:
      return to_number(value, "double precision");
    case TypeKind::numeric:
      return to_number(value, "numeric");
    case TypeKind::text:
      return to_text(value, policies, "text");
    case TypeKind::bytea:
      return to_bytea(value);
    case TypeKind::uuid:
      return to_uuid(value, policies);
    case TypeKind::json:
      return to_text(value, policies, "json");
    case TypeKind::date:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
      return to_moment(value, kind, policies);
    case TypeKind::other:
      return to_text(value, policies, "of the target column");
  }
  refuse(value, "of the target column");
}

std::string key_to_postgres(const Value& value, TypeKind kind, const TextPolicies& policies) {
  if (std::holds_alternative<std::monostate>(value)) {
    throw ConversionError("key not canonical: NULL in a key column has no place in a Postgres key");
  }
  const auto* text = std::get_if<Text>(&value);
  if (!is_key_class(value, kind) || (text && !is_canonical_text(text->bytes, kind))) {
    throw ConversionError("key not canonical: " + std::string(class_name(value)) +
                          " value in a form that another key could share");
  }
  if (text && clean_text(text->bytes, {}) != text->bytes) refuse(value, "of the key");
  return *to_postgres(value, kind, policies);
}

}  // namespace sluice::applier
