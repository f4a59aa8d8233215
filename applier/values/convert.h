#pragma once

#include <optional>
#include <string>

#include "applier/values/conversion_types.h"
#include "capture/change.h"

/// The one place where a SQLite value becomes the text of a Postgres type. Pure. The rules are one table in
/// conversion_table.cpp, and docs/TYPES.md shows it.
namespace sluice::applier {

/// A column value as Postgres reads it; nothing for NULL. Adds to the remarks. Throws ConversionError.
std::optional<std::string> to_postgres(const capture::Value& value, const ColumnType& column,
                                       const TextPolicies& policies, Remarks& remarks);

/// The same for a key column, where two source keys must never become one: only the one storage class and the
/// one written form of the type are accepted, and text as it is. Throws ConversionError ("key not canonical:
/// ...").
std::string key_to_postgres(const capture::Value& value, const ColumnType& column);

}  // namespace sluice::applier
