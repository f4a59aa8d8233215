#pragma once

#include <string>
#include <string_view>

#include "applier/values/convert.h"

namespace sluice::applier {

/// A DEFAULT in the words of Postgres, for a column of this type: "now()", "'draft'", "42". Empty where
/// SQLite's own is NULL. Throws Untranslatable where it can't be said. Pure.
std::string translated_default(std::string_view expression, const std::string& type, const TypeRule& rule);

}  // namespace sluice::applier
