#pragma once

#include <string>

#include "applier/values/convert.h"

/// Conversions without their ceremony.
namespace sluice::test {

inline capture::Value integer_value(std::int64_t number) {
  return number;
}
inline capture::Value real_value(double number) {
  return number;
}
inline capture::Value text_value(std::string bytes) {
  return capture::Text{std::move(bytes)};
}
inline capture::Value blob_value(std::string bytes) {
  return capture::Blob{std::move(bytes)};
}

inline applier::ColumnType column(applier::TypeKind kind, const char* rule = "", int modifier = -1) {
  return {kind, modifier, *rule ? applier::parse_type_rule(rule) : applier::TypeRule{}};
}

/// What a column gets; NULL for nothing, and a refusal in angle brackets, with its remedy behind an arrow.
inline std::string converted(const capture::Value& value, const applier::ColumnType& column,
                             const applier::TextPolicies& policies = {}) {
  applier::Remarks remarks = 0;
  try {
    return applier::to_postgres(value, column, policies, remarks).value_or("NULL");
  } catch (const applier::ConversionError& refusal) {
    return "<" + std::string(refusal.what()) + ">" + (refusal.remedy.empty() ? "" : " -> " + refusal.remedy);
  }
}

inline bool refused(const capture::Value& value, const applier::ColumnType& column) {
  return converted(value, column).starts_with('<');
}

/// What is to be told about a value.
inline applier::Remarks remarks_on(const capture::Value& value, const applier::ColumnType& column) {
  applier::Remarks remarks = 0;
  applier::to_postgres(value, column, {}, remarks);
  return remarks;
}

inline std::string key_converted(const capture::Value& value, const applier::ColumnType& column) {
  try {
    return applier::key_to_postgres(value, column);
  } catch (const applier::ConversionError& refusal) {
    return "<" + std::string(refusal.what()) + ">" + (refusal.remedy.empty() ? "" : " -> " + refusal.remedy);
  }
}

}  // namespace sluice::test
