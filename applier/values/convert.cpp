#include "applier/values/convert.h"

#include <string_view>

#include "applier/values/conversion_table.h"

namespace sluice::applier {
namespace {

template <typename Stored>
std::string converted(const ConversionRule<Stored>& rule, const Stored& value, const char* storage_class,
                      const Conversion& conversion) {
  if (!rule.convert) refuse(storage_class, conversion.column.kind);
  return rule.convert(value, conversion);
}

/// What applications write for want of a value where they write text.
bool is_void(std::string_view text) {
  return text.empty() || text == "0000-00-00" || text == "0000-00-00 00:00:00";
}

std::optional<std::string> converted_text(const std::string& text, const Conversion& conversion) {
  const ConversionRule<std::string>& rule = conversions_to(conversion.column.kind).text;
  if (!is_void(text)) return converted(rule, text, "text", conversion);
  if (conversion.has_rule(TypeRule::Kind::empty_is_null)) return std::nullopt;
  try {
    return converted(rule, text, "text", conversion);
  } catch (const ConversionError& refusal) {
    throw ConversionError(refusal.what(), "empty_is_null");
  }
}

}  // namespace

void refuse(const char* storage_class, TypeKind kind, const char* remedy) {
  const std::string type = kind == TypeKind::other ? "of the target column" : name_of(kind);
  throw ConversionError(std::string(storage_class) + " value does not fit type " + type, remedy);
}

std::optional<std::string> to_postgres(const capture::Value& value, const ColumnType& column,
                                       const TextPolicies& policies, Remarks& remarks) {
  const TypeConversions& to = conversions_to(column.kind);
  const Conversion conversion{column, policies, remarks};
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return converted(to.integer, *integer, "integer", conversion);
  }
  if (const auto* real = std::get_if<double>(&value)) return converted(to.real, *real, "real", conversion);
  if (const auto* text = std::get_if<capture::Text>(&value)) return converted_text(text->bytes, conversion);
  if (const auto* blob = std::get_if<capture::Blob>(&value)) {
    return converted(to.blob, blob->bytes, "blob", conversion);
  }
  return std::nullopt;
}

}  // namespace sluice::applier
