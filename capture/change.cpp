#include "capture/change.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "text/outlet.h"

namespace sluice::capture {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

[[noreturn]] void refuse(std::string_view word) {
  throw std::invalid_argument("not an encoded key value: '" + std::string(word) + "'");
}

std::string from_hex(std::string_view hex, std::string_view word) {
  if (hex.size() % 2 != 0) refuse(word);
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = kHexDigits.find(hex[i]);
    const auto low = kHexDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) refuse(word);
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

template <typename Number>
Number from_digits(std::string_view digits, int base, std::string_view word) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) refuse(word);
  return number;
}

struct Literal {
  std::size_t limit;

  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }

  std::string operator()(double number) const {
    if (std::isinf(number)) return number > 0 ? "9e999" : "-9e999";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    std::string text(buffer, end);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }

  std::string operator()(const Text& text) const { return text::quoted(text.bytes, limit); }

  std::string operator()(const Blob& blob) const {
    return "x'" + to_hex(std::string_view(blob.bytes).substr(0, limit)) +
           (blob.bytes.size() > limit ? "…'" : "'");
  }
};

struct Described {
  static std::string of_bytes(const char* kind, const std::string& bytes) {
    return std::string(kind) + " of " + std::to_string(bytes.size()) + " bytes";
  }
  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(std::int64_t) const { return "integer"; }
  std::string operator()(double) const { return "real"; }
  std::string operator()(const Text& text) const { return of_bytes("text", text.bytes); }
  std::string operator()(const Blob& blob) const { return of_bytes("blob", blob.bytes); }
};

struct Word {
  std::string operator()(std::monostate) const { return "n"; }
  std::string operator()(std::int64_t number) const { return "i" + std::to_string(number); }
  std::string operator()(const Text& text) const { return "t" + to_hex(text.bytes); }
  std::string operator()(const Blob& blob) const { return "b" + to_hex(blob.bytes); }

  std::string operator()(double number) const {
    std::string word(17, 'r');
    auto bits = std::bit_cast<std::uint64_t>(number);
    for (std::size_t i = 16; i > 0; --i, bits >>= 4) word[i] = kHexDigits[bits & 15];
    return word;
  }
};

std::string in_brackets(const std::vector<std::string>& parts) {
  if (parts.size() == 1) return parts.front();
  std::string text = "(";
  for (const std::string& part : parts) text += (text.size() > 1 ? ", " : "") + part;
  return text + ")";
}

Value decode_word(std::string_view word) {
  if (word.empty()) refuse(word);
  const std::string_view rest = word.substr(1);
  Value value;
  switch (word.front()) {
    case 'n':
      break;
    case 'i':
      value = from_digits<std::int64_t>(rest, 10, word);
      break;
    case 'r':
      value = std::bit_cast<double>(from_digits<std::uint64_t>(rest, 16, word));
      break;
    case 't':
      value = Text{from_hex(rest, word)};
      break;
    case 'b':
      value = Blob{from_hex(rest, word)};
      break;
    default:
      refuse(word);
  }
  // Only what encode() writes: no leading zeros, no capitals, no second spelling of a value.
  if (std::visit(Word{}, value) != word) refuse(word);
  return value;
}

}  // namespace

std::string to_literal(const Value& value, std::size_t limit) {
  return std::visit(Literal{limit}, value);
}

std::string to_literal(const Key& key, std::size_t limit) {
  std::vector<std::string> literals;
  for (const Value& value : key) literals.push_back(to_literal(value, limit));
  return in_brackets(literals);
}

std::string describe(const Value& value) {
  return std::visit(Described{}, value);
}

std::string describe(const Key& key) {
  std::vector<std::string> parts;
  for (const Value& value : key) parts.push_back(describe(value));
  return in_brackets(parts);
}

std::string encode(const Key& key) {
  std::string text;
  for (const Value& value : key) {
    if (!text.empty()) text += ' ';
    text += std::visit(Word{}, value);
  }
  return text;
}

Key decode_key(std::string_view text) {
  Key key;
  while (!text.empty()) {
    const auto space = text.find(' ');
    key.push_back(decode_word(text.substr(0, space)));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
    if (text.empty()) refuse(text);
  }
  return key;
}

}  // namespace sluice::capture
