#pragma once

#include <cstddef>
#include <string>

/// Text in columns, for people. Pure, but for the question how wide the terminal is.
namespace sluice::daemon {

/// Columns of a terminal: letters, each of one.
std::size_t width_of(const std::string& text);

/// At most so many letters, the last one an ellipsis where something was left out.
std::string cut(const std::string& text, std::size_t width);

/// Without anything that would command a terminal: names, keys and values may hold that.
std::string harmless(const std::string& text);

/// harmless(), and a dash for nothing.
std::string or_dash(const std::string& text);

/// The columns of the terminal that standard output is; 0 where it is none.
std::size_t terminal_columns();

}  // namespace sluice::daemon
