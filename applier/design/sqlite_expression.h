#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "applier/values/type_kind.h"

/// SQLite's expressions in the words of Postgres, wherever both surely give the same answer. Pure.
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

/// Finds a column by the name that SQLite has for it; nothing where there is none.
using FindColumn = std::function<std::optional<KnownColumn>(std::string_view name)>;

/// A condition: a CHECK, or the WHERE of an index. Throws Untranslatable.
std::string translated_condition(std::string_view expression, const FindColumn& columns);

struct TranslatedTerm {
  std::string sql;
  enum class Kind { number, text, boolean, date, null, other } kind = Kind::other;
};

/// A value: the term of an index, or a DEFAULT. Throws Untranslatable.
TranslatedTerm translated_term(std::string_view expression, const FindColumn& columns);

}  // namespace sluice::applier
