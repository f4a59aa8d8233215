#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "applier/design/sqlite_terms.h"

/// The parts of a translated expression, and what SQLite's functions become. Pure.
namespace sluice::applier {

struct Operand {
  using Kind = TranslatedTerm::Kind;

  std::string sql;
  Kind kind = Kind::other;
  bool compound = false;               ///< wants parentheses where it is part of something else
  std::optional<std::string> literal;  ///< of a number or text that is written out
};

struct Comparison {
  Operand left;
  Operand right;
};

[[noreturn]] void refuse(const std::string& what);

std::string wrapped(const Operand& operand);
std::string as_condition(const Operand& operand);
std::string as_number(const Operand& operand);
Operand column_operand(const KnownColumn& column);

/// Both sides in a form in which Postgres compares them as SQLite does.
Comparison comparable(Operand left, Operand right, std::string_view sign);
Operand compared(const Operand& left, const std::string& sign, const Operand& right);

/// LIKE, which for SQLite knows no case of ASCII letters and no character that escapes.
Operand like_match(const Operand& left, const std::string& pattern);
Operand glob_match(const Operand& left, const std::string& pattern);

/// A function by its name in lower case.
Operand call(const std::string& name, const std::vector<Operand>& arguments);

}  // namespace sluice::applier
