#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "applier/design/type_choice.h"
#include "applier/values/options.h"
#include "capture/details.h"

/// The Postgres tables that Sluice makes of SQLite's: decided, not yet written. Names are not quoted. Pure.
namespace sluice::applier {

struct DesignedColumn {
  std::string source;  ///< the column in SQLite
  std::string name;
  std::string type;
  std::string default_value;  ///< an expression of Postgres; empty: none
  bool not_null = false;
  bool identity = false;
  std::optional<TypeRule::Kind> unit{};  ///< what the numbers of times have been found to count
  std::string comment{};                 ///< to be kept with the column; empty: none
};

struct DesignedCheck {
  std::string name;  ///< empty: the server gives it one
  std::string condition;
};

struct DesignedIndex {
  std::string name;
  bool unique = false;
  std::vector<std::string> terms;  ///< quoted columns and expressions, with DESC where they have it
  std::string where;               ///< empty: all rows
};

struct DesignedForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string parent;  ///< a table of the same schema
  std::vector<std::string> parent_columns;
  std::string on_update;  ///< empty: no action
  std::string on_delete;
  bool deferred = false;
};

struct TableDesign {
  std::string source;  ///< the table in SQLite
  std::string schema;
  std::string name;
  std::vector<DesignedColumn> columns;
  std::vector<std::string> key;
  std::vector<std::vector<std::string>> uniques;
  std::vector<DesignedCheck> checks;
  std::vector<DesignedIndex> indexes;            ///< to be made when the rows are there
  std::vector<DesignedForeignKey> foreign_keys;  ///< to be made when the rows of all tables are there
  std::vector<std::string> remarks;              ///< what is left out or other than in SQLite, a line each
};

/// The name of an index whose own name something else has.
std::string other_index_name(const TableDesign& table, const std::string& name);

/// A table of the source and what its rows have shown.
class ObservedTable {
 public:
  /// `convention`: see TypeChoice.
  ObservedTable(const TargetOptions& options, capture::TableDetails details,
                std::optional<TypeRule::Kind> convention = std::nullopt);

  void note(const capture::Row& row);

  const capture::TableDetails& details() const { return details_; }
  std::vector<TypeChoice>& choices() { return choices_; }
  const std::vector<TypeChoice>& choices() const { return choices_; }

 private:
  capture::TableDetails details_;
  std::vector<TypeChoice> choices_;
};

/// Decides for tables that may point at one another; what points at others than these is left out with a
/// remark.
std::vector<TableDesign> design_tables(const TargetOptions& options, std::vector<ObservedTable> tables);

/// A column as CREATE TABLE and ADD COLUMN name it, with its type: by its rule, else by the declared type.
std::string column_definition(const TargetOptions& options, const capture::SourceTable& source,
                              const capture::SourceColumn& column);

/// The type that Sluice gives to a column which is not of the key.
std::string column_type(const TargetOptions& options, const capture::SourceTable& source,
                        const capture::SourceColumn& column);

}  // namespace sluice::applier
