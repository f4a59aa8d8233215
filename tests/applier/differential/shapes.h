#pragma once

#include <string>
#include <vector>

namespace sluice::differential {

/// The tables of an application, on both sides. `mark` is a column that only the server has, each row with a
/// number of its own.
struct Shape {
  std::string name;
  std::string source;  ///< DDL for SQLite
  std::string target;  ///< DDL for Postgres
  /// Where ordinary mode has no statement for some of its changes: the SQLSTATEs of a fair refusal.
  std::vector<std::string> fair_refusals = {};
};

/// Every shape known.
const std::vector<Shape>& shapes();

/// The one with this name.
const Shape& shape(const std::string& name);

}  // namespace sluice::differential
