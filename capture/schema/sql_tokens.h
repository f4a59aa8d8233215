#pragma once

#include <string>
#include <string_view>
#include <vector>

/// SQL of the source's schema, cut into tokens. Pure.
namespace sluice::capture {

using Tokens = std::vector<std::string>;

/// Words, quoted names and strings as they are written, single signs, blanks. Comments become a blank each.
/// Throws std::invalid_argument at a quote that never closes.
Tokens tokenize(std::string_view sql);

/// May it be part of a word that is not quoted?
bool is_word_byte(char c);

bool is_blank(const std::string& token);

void drop_blank_ends(Tokens& tokens);

/// The text that the tokens make, without blanks at its ends.
std::string joined(Tokens tokens);

/// A name as it is meant: without its quotes where it has any.
std::string unquoted(std::string_view token);

}  // namespace sluice::capture
