#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "applier/values/options.h"
#include "applier/values/type_kind.h"
#include "applier/values/type_rule.h"

/// What a conversion goes by, and what it may say. Plain data.
namespace sluice::applier {

/// A value that a written rule does not let into a column. The message names the rule, not the whole value.
class ConversionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ConversionError(const std::string& message, std::string remedy_)
      : std::runtime_error(message), remedy(std::move(remedy_)) {}

  std::string remedy;  ///< rules by which the column would take the value: "unix_s or unix_ms"; may be empty
};

/// A number in a column of times of which nothing is known of what it counts, or that speaks against what is.
class UnitDoubtful : public ConversionError {
 public:
  using ConversionError::ConversionError;
};

/// What the owner is to be told once about a column, as a set of bits.
using Remarks = std::uint8_t;
inline constexpr Remarks kAmbiguousTime = 1;  ///< a local time that was there twice; the earlier was taken
inline constexpr Remarks kSkippedTime = 2;    ///< a local time that the clock had jumped over
inline constexpr Remarks kFineTime = 4;       ///< a time was rounded to the microsecond

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
  /// What its numbers have been proven to count, where the rule says nothing of it; see UnitProof.
  TypeRule::Kind unit = TypeRule::Kind::automatic;
};

}  // namespace sluice::applier
