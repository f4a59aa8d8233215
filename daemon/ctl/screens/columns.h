#pragma once

#include <cstddef>
#include <string>

/// Text in columns, for people. Pure, but for the question how wide the terminal is.
namespace sluice::daemon {

/// Between the columns of a table.
constexpr std::size_t kGap = 2;

/// Columns of a terminal: letters, each of one.
std::size_t width_of(const std::string& text);

/// At most so many letters, the last one an ellipsis where something was left out.
std::string cut(const std::string& text, std::size_t width);

/// A text from outside as a screen may show it, and a dash for nothing.
std::string or_dash(const std::string& outside);

/// With blanks up to the width.
std::string padded(const std::string& text, std::size_t width);

/// A line "  label        value" of a screen about one thing.
void add_labelled(std::string& text, const char* label, const std::string& outside);

/// The columns of the terminal that standard output is; 0 where it is none.
std::size_t terminal_columns();

}  // namespace sluice::daemon
