#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "applier/values/options.h"
#include "applier/values/type_kind.h"
#include "applier/values/type_rule.h"
#include "capture/change.h"

/// The one place where a SQLite value becomes the text of a Postgres type. Pure. The rules are one table in
/// conversion_table.cpp, and docs/TYPES.md shows it.
namespace sluice::applier {

/// A value that a written rule does not let into a column. The message names the rule, not the whole value.
class ConversionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ConversionError(const std::string& message, std::string remedy_)
      : std::runtime_error(message), remedy(std::move(remedy_)) {}

  std::string remedy;  ///< rules by which the column would take the value: "unix_s or unix_ms"; may be empty
};

/// What the owner is to be told once about a column, as a set of bits.
using Remarks = std::uint8_t;
inline constexpr Remarks kGuessedSeconds = 1;       ///< a number was read as seconds by its size
inline constexpr Remarks kGuessedMilliseconds = 2;  ///< as milliseconds
inline constexpr Remarks kGuessedMicroseconds = 4;  ///< as microseconds
inline constexpr Remarks kAmbiguousTime = 8;  ///< a local time that was there twice; the earlier was taken
inline constexpr Remarks kSkippedTime = 16;   ///< a local time that the clock had jumped over
inline constexpr Remarks kFineTime = 32;      ///< a time was rounded to the microsecond

class ConversionNotes;

struct TextPolicies {
  TextPolicy nul = TextPolicy::error;
  TextPolicy invalid_utf8 = TextPolicy::error;
  ConversionNotes* notes = nullptr;  ///< where the rows of a table leave their remarks; null: nowhere
};

/// What a value is converted for.
struct ColumnType {
  TypeKind kind = TypeKind::other;
  int modifier = -1;  ///< pg_attribute.atttypmod, of a domain that of its base type; -1: none
  TypeRule rule;
};

/// A column value as Postgres reads it; nothing for NULL. Adds to the remarks. Throws ConversionError.
std::optional<std::string> to_postgres(const capture::Value& value, const ColumnType& column,
                                       const TextPolicies& policies, Remarks& remarks);

/// The same for a key column, where two source keys must never become one: only the one storage class and the
/// one written form of the type are accepted, and text as it is. Throws ConversionError ("key not canonical:
/// ...").
std::string key_to_postgres(const capture::Value& value, const ColumnType& column);

/// The table of rules as docs/TYPES.md shows it.
std::string conversions_markdown();

}  // namespace sluice::applier
