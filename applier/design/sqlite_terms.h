#pragma once

#include <stdexcept>
#include <string>

#include "applier/values/type_kind.h"

/// What translated expressions are made of. Plain data.
namespace sluice::applier {

/// Why an expression has no translation, as an ending of "... is left out: ".
class Untranslatable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A column that an expression may name.
struct KnownColumn {
  std::string name;  ///< in Postgres, quoted
  TypeKind kind = TypeKind::other;
  bool holds_text = false;  ///< its values are text in SQLite, too, and compared byte by byte
};

struct TranslatedTerm {
  std::string sql;
  enum class Kind { number, text, boolean, date, null, other } kind = Kind::other;
};

}  // namespace sluice::applier
