#pragma once

#include <string>
#include <vector>

#include "capture/change.h"

/// What the schema says of a captured table beside how to read its rows. Plain data like change.h; the other
/// header of capture/ that applier/ includes. Expressions are in SQLite's words, their strings in single
/// quotes.
namespace sluice::capture {

struct ColumnDetails {
  std::string default_value;  ///< an expression; empty: none
  std::string generated;      ///< the expression by which SQLite makes the value; empty: an ordinary column
  std::string collation;      ///< in lower case: binary, nocase, rtrim, or one of the application's
};

struct CheckDetails {
  std::string name;  ///< empty: none was given
  std::string expression;
};

struct TermDetails {
  std::string column;      ///< empty for an expression
  std::string expression;  ///< empty for a column
  std::string collation;   ///< in lower case
  bool descending = false;
};

/// An index, except the one of the primary key.
struct IndexDetails {
  std::string name;
  bool unique = false;
  bool constraint = false;  ///< made by a UNIQUE of the table, not by a CREATE INDEX
  std::vector<TermDetails> terms;
  std::string where;  ///< of a partial index, else empty
};

struct ForeignKeyDetails {
  std::vector<std::string> columns;
  std::string parent;                       ///< as it is written; there may be no such table
  std::vector<std::string> parent_columns;  ///< empty where the parent, or its key, is not there
  std::string on_update;                    ///< NO ACTION, RESTRICT, SET NULL, SET DEFAULT, CASCADE
  std::string on_delete;
  bool deferred = false;  ///< checked at the end of a transaction
};

struct TableDetails {
  SourceTable table;
  std::vector<ColumnDetails> columns;  ///< one for each of table.columns
  std::vector<CheckDetails> checks;
  std::vector<IndexDetails> indexes;
  std::vector<ForeignKeyDetails> foreign_keys;
};

}  // namespace sluice::capture
