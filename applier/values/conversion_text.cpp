#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "applier/values/conversion.h"
#include "applier/values/decimal.h"
#include "text/utf8.h"

namespace sluice::applier {
namespace {

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

/// The server cuts blanks beyond the n of varchar(n) without a word; anything else it refuses itself.
std::string checked_length(std::string text, const Conversion& conversion) {
  if (conversion.column.modifier < 0 || !text.ends_with(' ')) return text;
  constexpr int kHeader = 4;
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (characters <= conversion.column.modifier - kHeader) return text;
  throw ConversionError("text is longer than the column's " +
                        std::to_string(conversion.column.modifier - kHeader) + " characters");
}

/// 32 hexadecimal digits as Postgres itself writes them.
std::string dashed(const std::string& digits) {
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
         digits.substr(16, 4) + '-' + digits.substr(20);
}

/// The first three fields of .NET's Guid are little-endian.
std::string from_dotnet(std::string bytes) {
  std::reverse(bytes.begin(), bytes.begin() + 4);
  std::reverse(bytes.begin() + 4, bytes.begin() + 6);
  std::reverse(bytes.begin() + 6, bytes.begin() + 8);
  return bytes;
}

}  // namespace

std::string clean_text(const std::string& bytes, const TextPolicies& policies) {
  std::string text = bytes;
  if (text.find('\0') != std::string::npos) {
    if (policies.nul == TextPolicy::error) throw ConversionError("text holds a NUL character; see text.nul");
    text = text::without_nul(text, policies.nul == TextPolicy::replace);
  }
  if (!text::is_valid_utf8(text)) {
    if (policies.invalid_utf8 == TextPolicy::error) {
      throw ConversionError("text is not valid UTF-8; see text.invalid_utf8");
    }
    text = text::without_invalid_utf8(text, policies.invalid_utf8 == TextPolicy::replace);
  }
  return text;
}

std::string text_of_integer(const std::int64_t& value, const Conversion&) {
  return std::to_string(value);
}

/// As SQLite casts it to text, but with all its digits: never mistaken for an integer.
std::string text_of_real(const double& value, const Conversion&) {
  if (std::isinf(value)) return value < 0 ? "-Inf" : "Inf";
  std::string text = shortest(value);
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

std::string text_of_text(const std::string& value, const Conversion& conversion) {
  std::string text = clean_text(value, conversion.policies);
  return conversion.column.kind == TypeKind::text ? checked_length(std::move(text), conversion) : text;
}

std::string text_of_blob(const std::string& value, const Conversion& conversion) {
  if (!conversion.has_rule(TypeRule::Kind::text)) refuse("blob", conversion.column.kind, "text");
  return text_of_text(value, conversion);
}

std::string bytea_of_bytes(const std::string& value, const Conversion&) {
  return "\\x" + hexadecimal(value);
}

std::string uuid_of_text(const std::string& value, const Conversion& conversion) {
  std::string text = clean_text(value, conversion.policies);
  constexpr std::size_t kDigits = 32;
  if (conversion.has_rule(TypeRule::Kind::uuid_upper))  // as Postgres writes it
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text.size() == kDigits ? dashed(text) : text;
}

std::string uuid_of_blob(const std::string& value, const Conversion& conversion) {
  constexpr std::size_t kBytes = 16;
  if (value.size() != kBytes) refuse("blob", TypeKind::uuid);
  return dashed(hexadecimal(conversion.has_rule(TypeRule::Kind::uuid_dotnet) ? from_dotnet(value) : value));
}

}  // namespace sluice::applier
