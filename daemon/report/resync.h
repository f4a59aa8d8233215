#pragma once

#include <cstdint>
#include <string>

namespace sluice::daemon {

/// What copying a table again would do to the rows of its target.
struct TableDifference {
  std::string table;   ///< in the source
  std::string target;  ///< as people read it
  std::int64_t changed = 0;
  std::int64_t deleted = 0;
  std::int64_t added = 0;
};

}  // namespace sluice::daemon
