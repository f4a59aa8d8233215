#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "applier/values/type_kind.h"
#include "applier/values/type_rule.h"

/// What numbers of a column of times count, where no rule of the owner says so. A unit belongs to a column,
/// and is proven by its values or by a convention of the file, or it is not known: no value is ever read by
/// its own size. Units are named by the rules that would declare them. Pure.
namespace sluice::applier {

/// Gathers the integers of a column. They prove a unit where at least two different ones are plausible times
/// in it, all are, and not all of them are in any other unit, nor as dates written in digits (20240102).
/// Plausible is what lies in the years that people keep, a "never" such as 9999-12-31, and 0; not what lies
/// so close to 1970 that it is more likely counted in something else. Where they prove nothing, the
/// convention of the file stands, as long as none of them speaks against it.
class UnitProof {
 public:
  explicit UnitProof(std::optional<TypeRule::Kind> convention = std::nullopt) : convention_(convention) {}

  void note(std::int64_t number);

  bool has_numbers() const { return any_; }
  std::optional<TypeRule::Kind> unit() const;
  /// While no number speaks against it.
  std::optional<TypeRule::Kind> convention() const { return convention_; }

  /// Do all of them read as midnights in that unit?
  bool are_days(TypeRule::Kind unit) const;

 private:
  static constexpr std::size_t kUnits = 8;
  using Flags = std::array<bool, kUnits>;  ///< one a unit
  static constexpr Flags all() { return {true, true, true, true, true, true, true, true}; }

  std::optional<TypeRule::Kind> proven() const;

  std::optional<TypeRule::Kind> convention_;
  bool any_ = false;
  std::optional<std::int64_t> first_;  ///< but 0
  bool several_ = false;
  bool digits_ = true;   ///< all of them may be dates written in digits
  Flags own_ = all();    ///< all are plausible in it
  Flags rival_ = all();  ///< and raise a doubt of other units
  Flags days_ = all();   ///< and are midnights in it
};

/// Is it a type for moments, whose numbers count something?
bool counts(TypeKind kind);

/// The unit of that rule, where the word names one.
std::optional<TypeRule::Kind> unit_named(std::string_view word);

/// Does the rule leave it open what the numbers of a column of moments count?
bool reads_by_unit(const TypeRule& rule);

/// Does the number speak against the unit that has been proven for its column, because another one, or a date
/// in digits, makes more sense of it, or because it lies behind the year 9999?
bool contradicts(TypeRule::Kind unit, std::int64_t number);

/// The rules that make some sense of a number, the likeliest first, three at most, each with what it makes of
/// it: "unix_ms (2023-11-14 22:13:20)".
std::vector<std::string> readings(std::int64_t number);

/// The unit by which an application with these tables keeps its times; nothing where none is known.
///   Prisma (_prisma_migrations) writes milliseconds since 1970, Core Data (Z_PRIMARYKEY, Z_METADATA) seconds
///   since 2001: by their documentation, and seen in their files.
std::optional<TypeRule::Kind> unit_by_convention(const std::vector<std::string>& tables);

}  // namespace sluice::applier
