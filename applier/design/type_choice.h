#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "applier/values/convert.h"
#include "applier/values/time_units.h"
#include "capture/change.h"

namespace sluice::applier {

/// Finds the Postgres type for a column: the likeliest by its declaration that takes every value which it is
/// shown, by the very conversions that will bring the values over.
class TypeChoice {
 public:
  /// By the declared type, or by the owner's rule where that names a type.
  /// `convention`: what numbers for times count in this file where their own proof is missing, if that is
  /// known.
  TypeChoice(std::string_view declared_type, const TypeRule& rule, bool in_key,
             std::optional<TypeRule::Kind> convention = std::nullopt);

  void note(const capture::Value& value);

  /// Of what was shown so far; by the declaration alone before the first value.
  std::string type() const;

  /// Does a type of this name take every value, too?
  bool accepts(const std::string& type) const;

  /// Settles it: another column that it points at has this type.
  void settle(const std::string& type) { settled_ = type; }

  /// The column is there already, and this is its type.
  void give(const std::string& type);

  /// No type takes every value: some rows will be refused.
  bool nothing_fits() const;

  /// What the numbers count, where the type is one for times and the owner's rule says nothing of it.
  std::optional<TypeRule::Kind> unit() const;

  /// A type for times is declared, and nothing proves what the numbers count, so that they stay what they
  /// are.
  bool keeps_numbers() const;

  bool has_values() const { return values_ > 0; }
  bool has_nulls() const { return nulls_ > 0; }
  std::size_t longest() const { return longest_; }  ///< bytes of the longest text or blob

  /// The word of a type rule that would make more of the values, with the type that it makes; nothing where
  /// none is recognised.
  std::optional<std::string> recognised() const;

 private:
  struct Candidate {
    std::string sql;
    ColumnType type;
  };
  struct Hint {
    const char* word;
    ColumnType type;
  };

  bool takes(const Candidate& candidate, const capture::Value& value) const;
  bool is_proven(const Candidate& candidate) const;
  std::string spelled(const std::string& type) const;

  std::vector<Candidate> candidates_;
  std::vector<Hint> hints_;
  std::string first_;  ///< by the declaration
  std::optional<std::string> settled_;
  TypeRule rule_;
  UnitProof proof_;
  bool in_key_ = false;
  bool says_nothing_ = false;  ///< what is declared
  bool untyped_ = false;
  bool zoned_ = false;  ///< some value is a moment of its own, whatever the zone
  std::int64_t values_ = 0;
  std::int64_t nulls_ = 0;
  std::size_t longest_ = 0;
};

/// Is it a text that Postgres reads as a uuid? For conversion such a text is Postgres's own to read.
bool is_uuid(std::string_view text);

/// The type of a name such as "numeric(10, 2)", as conversions need it.
ColumnType column_type_of(const std::string& sql, const TypeRule& rule);

}  // namespace sluice::applier
