#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "applier/design/sqlite_terms.h"

/// SQLite's expressions in the words of Postgres, wherever both surely give the same answer. Pure.
namespace sluice::applier {

/// Finds a column by the name that SQLite has for it; nothing where there is none.
using FindColumn = std::function<std::optional<KnownColumn>(std::string_view name)>;

/// A condition: a CHECK, or the WHERE of an index. Throws Untranslatable.
std::string translated_condition(std::string_view expression, const FindColumn& columns);

/// A value: the term of an index, or a DEFAULT. Throws Untranslatable.
TranslatedTerm translated_term(std::string_view expression, const FindColumn& columns);

}  // namespace sluice::applier
