#pragma once

#include <string>

#include "applier/values/type_kind.h"
#include "capture/details.h"

namespace sluice::applier {

/// The type that a column is declared as, or one that a CHECK of its table proves: boolean for what has to be
/// 0 or 1, json for text that has to be valid JSON. In SQLite's words. Pure.
std::string proven_type(const capture::TableDetails& table, std::size_t column);

/// Does the CHECK say no more than that the column is a boolean, or JSON, as its type does?
bool is_said_by(TypeKind type, const std::string& check, const std::string& column);

}  // namespace sluice::applier
