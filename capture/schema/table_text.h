#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/details.h"

namespace sluice::capture {

/// What a CREATE TABLE says that no PRAGMA tells, in its own words.
struct TableText {
  std::map<std::string, std::string> generated;  ///< expressions, by the folded names of their columns
  std::vector<CheckDetails> checks;              ///< of columns and of the table, in the order written
  std::vector<bool>
      deferred;  ///< one a foreign key, in the order written: checked at the end of a transaction
};

/// Reads the statement of sqlite_schema. What it does not understand it passes over.
TableText read_create_table(std::string_view sql);

}  // namespace sluice::capture
