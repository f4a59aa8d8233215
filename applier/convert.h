#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "applier/options.h"
#include "capture/change.h"

/// The one place where a SQLite value becomes the text of a Postgres type. Pure.
namespace sluice::applier {

/// The Postgres types that conversion tells apart; everything else goes through Postgres's own input.
enum class TypeKind {
  boolean,
  int2,
  int4,
  int8,
  real,
  numeric,
  text,
  bytea,
  date,
  timestamp,
  timestamptz,
  json,
  uuid,
  other,
};

/// The kind of a type by the oid of its base type (domains resolved). The oids are Postgres's fixed ones.
TypeKind kind_of(unsigned base_type_oid);

/// A value that a written rule does not let into a column. The message names the rule, not the whole value.
class ConversionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TextPolicies {
  TextPolicy nul = TextPolicy::error;
  TextPolicy invalid_utf8 = TextPolicy::error;
};

/// A column value as Postgres reads it; nothing for NULL. Throws ConversionError.
std::optional<std::string> to_postgres(const capture::Value& value, TypeKind kind,
                                       const TextPolicies& policies);

/// The same for a key column, where two source keys must never become one: only the one storage class and the
/// one written form of the type are accepted. Throws ConversionError ("key not canonical: ...").
std::string key_to_postgres(const capture::Value& value, TypeKind kind, const TextPolicies& policies);

/// Throws ConversionError where a number, as to_postgres() writes it, does not fit a column type that would
/// round it without a word: numeric(10,2) beyond its digits after the point, real beyond single precision.
void refuse_rounding(const std::string& number, const std::string& column_type);

/// A double in the fewest digits that read back as the same double.
std::string shortest(double number);

}  // namespace sluice::applier
