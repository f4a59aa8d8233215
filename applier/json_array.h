#pragma once

#include <string>
#include <string_view>

namespace sluice::applier {

/// A Postgres array literal of sound JSON text that begins with '[': strings as their text, null as NULL,
/// arrays within as further dimensions, objects as their JSON text. Pure.
std::string array_literal(std::string_view json);

}  // namespace sluice::applier
