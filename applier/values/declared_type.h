#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What a column's declared type means: to SQLite, and for the type that it gets in Postgres. Pure.
namespace sluice::applier {

/// What SQLite does to a value on its way into the column.
enum class Affinity { integer, text, blob, real, numeric };
Affinity affinity_of(std::string_view declared_type);

/// Does the name, or the affinity, of a declared type say what the values are?
bool is_known_type(std::string_view declared_type);

/// The Postgres type for a declared SQLite type, where nothing is known of the values.
std::string type_for(std::string_view declared_type);

/// The types that may be meant, the likeliest first. Which of them it is, the values decide.
std::vector<std::string> types_for(std::string_view declared_type);

}  // namespace sluice::applier
