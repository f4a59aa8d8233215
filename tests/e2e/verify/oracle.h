#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"

namespace sluice::e2e {

/// Says whether two tables hold the same rows, and shares no code with the program: SQLite is read by its C
/// interface, Postgres as the text that the server writes. The source's values are written as the server
/// would write them, so that texts can be compared; doubles are compared bit for bit.
class Oracle {
 public:
  Oracle(support::SqliteFile& source, const support::PostgresCluster& cluster, std::string database,
         std::string role)
      : source_(source), cluster_(cluster), database_(std::move(database)), role_(std::move(role)) {}

  /// One line a row that is not the same on both sides; empty where there is none.
  std::string differences(const std::string& table);

  /// The SQL literal that the source has for the key of a row, given as the server writes the key's columns:
  /// 7, 'text', ('text', 7).
  std::string source_key(const std::string& table, const std::vector<std::string>& key);

 private:
  struct Column {
    std::string name;
    std::string type;  ///< as Postgres calls it inside: float8, bpchar, ...
    int place_in_key = 0;
  };
  struct Row {
    std::string literal;  ///< of the key, as SQLite quotes it
    std::vector<std::string> values;
  };
  using Rows = std::map<std::vector<std::string>, Row>;

  static std::string told_by_sqlite(const Column& column);
  std::vector<Column> columns_of(const std::string& table);
  Rows source_rows(const std::string& table, const std::vector<Column>& columns);
  Rows target_rows(const std::string& table, const std::vector<Column>& columns);

  support::SqliteFile& source_;
  const support::PostgresCluster& cluster_;
  std::string database_;
  std::string role_;
};

}  // namespace sluice::e2e
