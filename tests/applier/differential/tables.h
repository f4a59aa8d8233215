#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

/// What a writer of random statements has to know of a SQLite file's tables.
namespace sluice::differential {

struct Column {
  std::string name;
  bool text = false;
  bool required = false;  ///< NOT NULL
  bool in_key = false;
  bool unique = false;  ///< part of a unique index
};

/// A foreign key.
struct Reference {
  std::string parent;
  std::vector<std::pair<std::string, std::string>> columns;  ///< of the child, of the parent
};

/// Literals by the name of their column.
using Row = std::map<std::string, std::string>;

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<Reference> references;

  Row key_of(const Row& row) const;
};

std::vector<Table> read_tables(SQLite::Database& database);

/// The rows of a table in an order by their first column; `condition` as by where().
std::vector<Row> read_rows(SQLite::Database& database, const Table& table, const std::string& condition);

/// " WHERE a IS 1 AND b IS 2"
std::string where(const Row& values);
/// "a = 1, b = 2"
std::string assignments(const Row& values);
std::string insert_sql(const Table& table, const Row& row);
/// Gives the row with the key of `row` these values.
std::string update_sql(const Table& table, const Row& values, const Row& row);

}  // namespace sluice::differential
