#include <cmath>

#include "applier/values/conversion.h"
#include "applier/values/decimal.h"
#include "applier/values/json_array.h"
#include "applier/values/json_text.h"

namespace sluice::applier {
namespace {

void check_json(const std::string& text, JsonEscapes escapes) {
  if (const auto fault = json_fault(text, escapes)) throw ConversionError(*fault);
}

}  // namespace

std::string json_of_real(const double& value, const Conversion& conversion) {
  if (!std::isfinite(value)) refuse("real", conversion.column.kind);
  return text_of_real(value, conversion);
}

std::string json_of_text(const std::string& value, const Conversion& conversion) {
  std::string text = clean_text(value, conversion.policies);
  check_json(text, conversion.column.kind == TypeKind::json ? JsonEscapes::any : JsonEscapes::storable);
  return text;
}

/// SQLite's own JSONB is a blob, too, and no text.
std::string json_of_blob(const std::string& value, const Conversion& conversion) {
  const bool is_text = conversion.has_rule(TypeRule::Kind::json) || conversion.has_rule(TypeRule::Kind::text);
  if (!is_text) refuse("blob", conversion.column.kind, "json");
  return json_of_text(value, conversion);
}

std::string array_of_text(const std::string& value, const Conversion& conversion) {
  std::string text = clean_text(value, conversion.policies);
  const auto first = text.find_first_not_of(" \t\n\r");
  if (first != std::string::npos && text[first] == '{') return text;
  check_json(text, JsonEscapes::storable);
  if (text[first] != '[') throw ConversionError("text value is neither a JSON array nor in the form {...}");
  if (!is_rectangular(text)) {
    throw ConversionError(
        "JSON arrays of one level differ in length or depth, which no Postgres array can hold");
  }
  return array_literal(text);
}

std::string array_of_blob(const std::string& value, const Conversion& conversion) {
  const bool is_text = conversion.has_rule(TypeRule::Kind::json) || conversion.has_rule(TypeRule::Kind::text);
  if (!is_text) refuse("blob", TypeKind::array, "json");
  return array_of_text(value, conversion);
}

}  // namespace sluice::applier
