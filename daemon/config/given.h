#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

/// A value as the file gives it, before it is read. Plain data.
namespace sluice::daemon {

enum class Shape {
  scalar,
  list,
  list_or_except,  ///< a list, or a map whose only key is `except` with a list
  map,             ///< of texts
  tables,          ///< a map of tables' names to a rule each, see rule_settings()
};

/// A value as the file gives it.
struct Given {
  std::vector<std::string> items;     ///< one for a scalar, the keys of a map
  std::filesystem::path folder;       ///< where relative paths start
  std::vector<std::string> values{};  ///< of a map, one for each key
  bool except = false;                ///< of a list: the items are those that are left out
};

/// A value that a setting refuses: "expected a duration such as 10s, got '10 parsecs'". Quotes no secrets.
class ValueError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice::daemon
