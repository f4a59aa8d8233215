#pragma once

#include <string>

#include "applier/values/conversion.h"

/// The table of rules: what every storage class of SQLite becomes in every type of Postgres. Pure.
namespace sluice::applier {

/// One rule: how it converts, and the same in words. Without a function the value is refused.
template <typename Stored>
struct ConversionRule {
  std::string (*convert)(const Stored&, const Conversion&) = nullptr;
  const char* words = "refused";
};

/// What goes into one type.
struct TypeConversions {
  TypeKind kind;
  const char* types;  ///< for people
  ConversionRule<std::int64_t> integer;
  ConversionRule<double> real;
  ConversionRule<std::string> text;
  ConversionRule<std::string> blob;
};

const TypeConversions& conversions_to(TypeKind kind);

/// The table of rules as docs/TYPES.md shows it.
std::string conversions_markdown();

}  // namespace sluice::applier
