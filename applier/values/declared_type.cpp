#include "applier/values/declared_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <span>
#include <utility>

namespace sluice::applier {
namespace {

/// "DECIMAL(10, 2) unsigned" taken apart: the words before the parenthesis in lower case, and what is in it.
struct DeclaredType {
  std::string words;
  std::string arguments;
};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::string lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

DeclaredType take_apart(std::string_view declared) {
  const std::string words = lower(declared);
  const auto open = words.find('(');
  const auto close = words.find(')', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return {trimmed(words), ""};
  const std::string behind = trimmed(words.substr(close + 1));
  return {trimmed(words.substr(0, open)) + (behind.empty() ? "" : " " + behind),
          trimmed(words.substr(open + 1, close - open - 1))};
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "p" or "p, s" as numeric takes it from Postgres 13 on; else nothing.
std::string precision(std::string_view arguments) {
  const auto comma = arguments.find(',');
  const auto number = [](std::string_view text) {
    const std::string digits = trimmed(text);
    int value = -1;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return fault == std::errc{} && end == digits.data() + digits.size() ? value : -1;
  };
  const int digits = number(arguments.substr(0, comma));
  const int scale = comma == std::string_view::npos ? 0 : number(arguments.substr(comma + 1));
  constexpr int kMost = 1000;
  if (digits < 1 || digits > kMost || scale < 0 || scale > digits) return {};
  return "(" + std::string(arguments) + ")";
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 41> kByName{{
    {"bool", "boolean"},
    {"boolean", "boolean"},
    {"bit", "boolean"},
    {"date", "date"},
    {"datetime", "timestamp"},
    {"datetime2", "timestamp"},
    {"smalldatetime", "timestamp"},
    {"datetimeoffset", "timestamptz"},
    {"timestamp", "timestamp"},
    {"timestamp without time zone", "timestamp"},
    {"timestamptz", "timestamptz"},
    {"timestamp with time zone", "timestamptz"},
    {"time", "time"},
    {"time without time zone", "time"},
    {"numeric", "numeric"},
    {"decimal", "numeric"},
    {"dec", "numeric"},
    {"fixed", "numeric"},
    {"number", "numeric"},
    {"numeric unsigned", "numeric"},
    {"decimal unsigned", "numeric"},
    {"money", "numeric"},
    {"smallmoney", "numeric"},
    {"currency", "numeric"},
    {"uuid", "uuid"},
    {"guid", "uuid"},
    {"uniqueidentifier", "uuid"},
    {"json", "jsonb"},
    {"jsonb", "jsonb"},
    {"bytea", "bytea"},
    {"image", "bytea"},
    {"byte[]", "bytea"},
    {"long", "bigint"},
    {"year", "bigint"},
    {"serial", "bigint"},
    {"bigserial", "bigint"},
    {"string", "text"},
    {"any", "text"},
    {"enum", "text"},
    {"set", "text"},
    {"name", "text"},
}};

/// Is one of the words that of a number type, digits behind it aside? SQLite itself only looks whether such
/// letters are in it, which they are in POINT, INTERVAL and FINGERPRINT as well.
bool has_word(std::string_view words, std::span<const std::string_view> known) {
  std::size_t begin = 0;
  while (begin < words.size()) {
    std::size_t end = begin;
    while (end < words.size() && std::isalpha(static_cast<unsigned char>(words[end])) != 0) ++end;
    if (std::ranges::find(known, words.substr(begin, end - begin)) != known.end()) return true;
    begin = std::max(end, begin + 1);
  }
  return false;
}

constexpr std::array<std::string_view, 13> kIntegers{
    "int",     "integer", "tinyint", "smallint",  "mediumint", "middleint", "bigint",
    "longint", "uint",    "ubigint", "usmallint", "utinyint",  "uinteger"};
constexpr std::array<std::string_view, 4> kFloats{"real", "float", "floating", "double"};

/// Empty where neither the name nor the affinity says.
std::string known_type(std::string_view declared) {
  const auto [words, arguments] = take_apart(declared);
  if (words == "tinyint" && arguments == "1") return "boolean";
  if (words == "bit" && !arguments.empty() && arguments != "1") return {};
  for (const auto& [name, type] : kByName) {
    if (words == name) return std::string(type) + (type == "numeric" ? precision(arguments) : "");
  }
  // The rest by SQLite's own rules of affinity, which any spelling falls under.
  const bool list = contains(words, "[");
  if (!list && has_word(words, kIntegers)) return "bigint";
  if (contains(words, "char") || contains(words, "clob") || contains(words, "text")) return "text";
  if (contains(words, "blob") || contains(words, "binary")) return "bytea";
  if (!list && has_word(words, kFloats)) return "double precision";
  return {};
}

bool may_hold_uuids(std::string_view declared) {
  const auto [words, arguments] = take_apart(declared);
  return contains(words, "char") && (arguments == "32" || arguments == "36");
}

}  // namespace

Affinity affinity_of(std::string_view declared_type) {
  const std::string words = lower(declared_type);
  if (contains(words, "int")) return Affinity::integer;
  if (contains(words, "char") || contains(words, "clob") || contains(words, "text")) return Affinity::text;
  if (words.empty() || contains(words, "blob")) return Affinity::blob;
  if (contains(words, "real") || contains(words, "floa") || contains(words, "doub")) return Affinity::real;
  return Affinity::numeric;
}

bool is_known_type(std::string_view declared_type) {
  return !known_type(declared_type).empty();
}

std::string type_for(std::string_view declared_type) {
  const std::string known = known_type(declared_type);
  return known.empty() ? "text" : known;
}

std::vector<std::string> types_for(std::string_view declared_type) {
  const std::string known = known_type(declared_type);
  std::vector<std::string> types;
  if (may_hold_uuids(declared_type)) types.emplace_back("uuid");
  if (!known.empty()) types.push_back(known);
  if (known.starts_with("numeric(")) types.emplace_back("numeric");
  if (known == "date") types.emplace_back("timestamp");
  if (known == "jsonb") types.emplace_back("json");
  for (const char* any : {"bigint", "double precision", "numeric", "text", "bytea"}) types.emplace_back(any);
  return types;
}

}  // namespace sluice::applier
