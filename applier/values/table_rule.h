#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What the owner says of single tables: `tables.rules`. Plain data.
namespace sluice::applier {

/// The order of names in SQLite, which knows no case.
struct BySqliteName {
  using is_transparent = void;
  bool operator()(std::string_view one, std::string_view other) const;
};

/// Does SQLite take the two for one name?
bool same_name(std::string_view one, std::string_view other);

/// Something for each of several columns, by the names that SQLite has for them.
using ByColumn = std::map<std::string, std::string, BySqliteName>;

/// Which of a table's columns are replicated: those named, or all but those. No names: all of them.
struct ColumnChoice {
  std::vector<std::string> names;
  bool except = false;

  bool operator==(const ColumnChoice&) const = default;
};

/// One table's rule. Columns go by the names that SQLite has for them; an empty member changes nothing.
struct TableRule {
  ColumnChoice columns;
  std::string target;  ///< the table's name in Postgres
  ByColumn rename;     ///< columns that have another name in Postgres
  ByColumn types;      ///< how values are to be read, in the words of parse_type_rule()
  std::string where;   ///< in SQLite's words: only rows for which it is true

  bool operator==(const TableRule&) const = default;
};

/// By the names that SQLite has for the tables.
using TableRules = std::map<std::string, TableRule, BySqliteName>;

/// The rule of a table; an empty one where there is none.
const TableRule& rule_of(const TableRules& rules, std::string_view table);

}  // namespace sluice::applier
