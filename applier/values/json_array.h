#pragma once

#include <string>
#include <string_view>

namespace sluice::applier {

/// Are all arrays of a level equally long, and all elements that are no arrays on one level? Others have no
/// place in a Postgres array, whose input would bend some of them into shape. Of sound JSON text. Pure.
bool is_rectangular(std::string_view json);

/// A Postgres array literal of sound JSON text that begins with '[': strings as their text, null as NULL,
/// arrays within as further dimensions, objects as their JSON text. Pure.
std::string array_literal(std::string_view json);

}  // namespace sluice::applier
