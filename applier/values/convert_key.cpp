#include <string_view>

#include "applier/values/conversion.h"
#include "applier/values/convert.h"

namespace sluice::applier {
namespace {

using capture::Blob;
using capture::Text;
using capture::Value;
using Kind = TypeRule::Kind;

/// `9` stands for a digit, `x` for one of a hexadecimal number in lower case, `X` for one in capitals.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool fits = pattern[i] == '9'   ? digit
                      : pattern[i] == 'x' ? digit || (c >= 'a' && c <= 'f')
                      : pattern[i] == 'X' ? digit || (c >= 'A' && c <= 'F')
                                          : c == pattern[i];
    if (!fits) return false;
  }
  return true;
}

/// The one form in which the text keys of a column are written.
std::string_view uuid_pattern(Kind rule) {
  return rule == Kind::uuid_hex     ? "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         : rule == Kind::uuid_upper ? "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX"
                                    : "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
}

/// The written forms in which equal values can't look different.
bool is_canonical_text(std::string_view text, const ColumnType& column) {
  switch (column.kind) {
    case TypeKind::date:
      return matches(text, "9999-99-99");
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
      return matches(text, "9999-99-99 99:99:99");
    case TypeKind::uuid:
      return matches(text, uuid_pattern(column.rule.kind));
    default:
      return true;
  }
}

bool counts_integers(Kind rule) {
  return rule == Kind::unix_s || rule == Kind::unix_ms || rule == Kind::unix_us || rule == Kind::webkit;
}

bool is_key_class(const Value& value, const ColumnType& column) {
  switch (column.kind) {
    case TypeKind::boolean:
    case TypeKind::int2:
    case TypeKind::int4:
    case TypeKind::int8:
      return std::holds_alternative<std::int64_t>(value);
    case TypeKind::float4:
    case TypeKind::float8:
    case TypeKind::numeric:
      return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
    case TypeKind::bytea:
      return std::holds_alternative<Blob>(value);
    case TypeKind::date:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
      return counts_integers(column.rule.kind) ? std::holds_alternative<std::int64_t>(value)
                                               : std::holds_alternative<Text>(value);
    case TypeKind::uuid: {
      const bool bytes = column.rule.kind == Kind::uuid_blob || column.rule.kind == Kind::uuid_dotnet;
      return bytes ? std::holds_alternative<Blob>(value) : std::holds_alternative<Text>(value);
    }
    default:
      return std::holds_alternative<Text>(value);
  }
}

bool is_one_to_one(const Value& value, const ColumnType& column) {
  const auto* text = std::get_if<Text>(&value);
  return is_key_class(value, column) && (!text || is_canonical_text(text->bytes, column));
}

/// The rule under which the key would be in the one form of its column.
const char* rule_for(const Value& value, const ColumnType& column) {
  for (const auto& [kind, word] : {std::pair{Kind::uuid_upper, "uuid_upper"},
                                   {Kind::uuid_hex, "uuid_hex"},
                                   {Kind::uuid_blob, "uuid_blob"}}) {
    if (column.kind == TypeKind::uuid && is_one_to_one(value, {column.kind, -1, {kind, nullptr}}))
      return word;
  }
  const bool counted = column.kind == TypeKind::timestamp || column.kind == TypeKind::timestamptz;
  return counted && std::holds_alternative<std::int64_t>(value) ? "unix_s, unix_ms or unix_us" : "";
}

const char* class_of(const Value& value) {
  return std::holds_alternative<std::int64_t>(value) ? "integer"
         : std::holds_alternative<double>(value)     ? "real"
         : std::holds_alternative<Text>(value)       ? "text"
                                                     : "blob";
}

}  // namespace

std::string key_to_postgres(const Value& value, const ColumnType& column) {
  if (std::holds_alternative<std::monostate>(value)) {
    throw ConversionError("key not canonical: NULL in a key column has no place in a Postgres key");
  }
  if (!is_one_to_one(value, column)) {
    throw ConversionError("key not canonical: " + std::string(class_of(value)) +
                              " value in a form that another key could share",
                          rule_for(value, column));
  }
  constexpr TextPolicies kNothingStripped;
  Remarks none = 0;
  return *to_postgres(value, column, kNothingStripped, none);
}

}  // namespace sluice::applier
