#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::daemon {

/// A text as a YAML scalar: as it is where that reads back the same, else in double quotes.
std::string yaml_scalar(std::string_view text);

/// Texts as a YAML list on one line.
std::string yaml_list(const std::vector<std::string>& texts);

/// Texts as a YAML map on one line.
std::string yaml_map(const std::vector<std::pair<std::string, std::string>>& entries);

/// A text in single quotes for a message; one that is long or may hold a password is described instead.
std::string quoted_for_message(std::string_view text);

}  // namespace sluice::daemon
