#pragma once

#include <cstdint>
#include <string>

#include "applier/values/conversion_types.h"

/// The conversions that the table of rules is made of, by storage class and type. Pure; each throws
/// ConversionError where the value does not fit.
namespace sluice::applier {

/// What a conversion knows beside the value.
struct Conversion {
  const ColumnType& column;
  const TextPolicies& policies;
  Remarks& remarks;

  bool has_rule(TypeRule::Kind kind) const { return column.rule.kind == kind; }
};

[[noreturn]] void refuse(const char* storage_class, TypeKind kind, const char* remedy = "");

// Numbers: conversion_numbers.cpp
std::string boolean_of_integer(const std::int64_t& value, const Conversion&);
std::string boolean_of_text(const std::string& value, const Conversion&);
std::string int_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string int_of_real(const double& value, const Conversion& conversion);
std::string int_of_text(const std::string& value, const Conversion& conversion);
std::string float_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string float_of_real(const double& value, const Conversion& conversion);
std::string float_of_text(const std::string& value, const Conversion& conversion);
std::string numeric_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string numeric_of_real(const double& value, const Conversion& conversion);
std::string numeric_of_text(const std::string& value, const Conversion& conversion);

// Text and bytes: conversion_text.cpp
std::string text_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string text_of_real(const double& value, const Conversion& conversion);
std::string text_of_text(const std::string& value, const Conversion& conversion);
std::string text_of_blob(const std::string& value, const Conversion& conversion);
std::string bytea_of_bytes(const std::string& value, const Conversion&);
std::string uuid_of_text(const std::string& value, const Conversion&);
std::string uuid_of_blob(const std::string& value, const Conversion& conversion);

// Dates and times: conversion_times.cpp
std::string moment_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string moment_of_real(const double& value, const Conversion& conversion);
std::string moment_of_text(const std::string& value, const Conversion& conversion);
std::string time_of_text(const std::string& value, const Conversion& conversion);

// Durations: conversion_intervals.cpp
std::string interval_of_integer(const std::int64_t& value, const Conversion& conversion);
std::string interval_of_real(const double& value, const Conversion& conversion);
std::string interval_of_text(const std::string& value, const Conversion& conversion);

// JSON, and arrays written as JSON: conversion_json.cpp
std::string json_of_real(const double& value, const Conversion& conversion);
std::string json_of_text(const std::string& value, const Conversion& conversion);
std::string json_of_blob(const std::string& value, const Conversion& conversion);
std::string array_of_text(const std::string& value, const Conversion& conversion);
std::string array_of_blob(const std::string& value, const Conversion& conversion);

/// Text as Postgres can hold it: valid UTF-8 without NUL, by the pipeline's policies.
std::string clean_text(const std::string& bytes, const TextPolicies& policies);

}  // namespace sluice::applier
