#pragma once

#include <optional>
#include <string>
#include <string_view>

/// JSON as text (RFC 8259): is it sound? Pure.
namespace sluice::applier {

/// What jsonb can't hold and json can: "\u0000" and half a surrogate pair.
enum class JsonEscapes { any, storable };

/// What is wrong with the text, for people; nothing where it is JSON.
std::optional<std::string> json_fault(std::string_view text, JsonEscapes escapes);

}  // namespace sluice::applier
