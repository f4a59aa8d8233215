#pragma once

#include <string>
#include <vector>

namespace sluice::fuzz {

/// How an application may declare a table. In pieces, so that columns can be added and the table built anew.
struct TableShape {
  std::string name;
  std::vector<std::string> columns;  ///< one definition each; the declared type is the second word
  std::string constraints;           ///< behind the columns
  std::string options;               ///< behind the parenthesis
  std::vector<std::string> indexes;
};

/// The tables of one application, parents first.
struct Shape {
  std::string name;
  std::vector<TableShape> tables;
  bool random = false;  ///< its rows hold values that no second run has
};

/// Every shape known; their declared types hold the same values in SQLite and on a server.
const std::vector<Shape>& shapes();

/// The one with this name.
const Shape& shape(const std::string& name);

}  // namespace sluice::fuzz
