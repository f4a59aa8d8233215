#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sluice::capture {

/// The words that a template leaves open.
using Words = std::map<std::string, std::string, std::less<>>;

/// One statement of a file in sql/: the text between the line "-- [section]" and the next such line, with
/// every
/// @word@ filled in. What is filled in is not looked at again, so names may hold any character.
/// Throws std::logic_error when the section or a word is unknown.
std::string render(std::string_view file, std::string_view section, const Words& words = {});

}  // namespace sluice::capture
