#include "applier/values/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace sluice::applier {
namespace {

/// from_chars() does not read a leading plus.
std::string_view without_plus(std::string_view text) {
  return text.starts_with('+') ? text.substr(1) : text;
}

template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the digits off the front of the text.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const auto digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// Takes the zeros off both ends of the digits.
void normalise(Decimal& number) {
  const auto last = number.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    number = {};
    return;
  }
  number.exponent += static_cast<std::int64_t>(number.digits.size() - last - 1);
  number.digits.erase(last + 1);
  number.digits.erase(0, number.digits.find_first_not_of('0'));
}

template <typename Float>
bool survives(std::string_view number, const Decimal& value) {
  constexpr std::size_t kMostDigits = 60;
  if (value.digits.empty()) return true;
  if (value.digits.size() > kMostDigits) return false;
  const auto stored = parse<Float>(without_plus(number));
  if (!stored) return false;
  std::array<char, kMostDigits + 20> buffer;
  const auto shown = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *stored,
                                   std::chars_format::scientific, static_cast<int>(value.digits.size()) - 1);
  return parse_decimal({buffer.data(), static_cast<std::size_t>(shown.ptr - buffer.data())}) == value;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  number.digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto fraction = take_digits(text);
    number.exponent = -static_cast<std::int64_t>(fraction.size());
    number.digits += fraction;
  }
  if (number.digits.empty()) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    const auto exponent = parse<std::int32_t>(without_plus(text.substr(1)));
    if (!exponent || text.substr(1).starts_with("+-")) return std::nullopt;
    number.exponent += *exponent;
    text = {};
  }
  if (!text.empty()) return std::nullopt;
  normalise(number);
  return number;
}

std::optional<std::int64_t> as_integer(std::string_view text) {
  if (const auto plain = parse<std::int64_t>(text)) return plain;
  constexpr std::int64_t kMostDigits = 19;
  const auto number = parse_decimal(text);
  if (!number || number->exponent < 0 || number->exponent > kMostDigits) return std::nullopt;
  if (number->digits.empty()) return 0;
  return parse<std::int64_t>((number->negative ? "-" : "") + number->digits +
                             std::string(static_cast<std::size_t>(number->exponent), '0'));
}

std::optional<double> as_double(std::string_view text) {
  return parse_decimal(text) ? parse<double>(without_plus(text)) : std::nullopt;
}

bool survives_as_double(std::string_view number, const Decimal& value) {
  return survives<double>(number, value);
}

bool survives_as_float(std::string_view number, const Decimal& value) {
  return survives<float>(number, value);
}

std::string shortest(double number) {
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

}  // namespace sluice::applier
