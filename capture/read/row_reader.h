#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <map>
#include <optional>

#include "capture/source_types.h"

namespace sluice::capture {

/// A column as SQLite knows it, quoted.
std::string source_column(const SourceTable& table, std::size_t column);

/// Reads rows of captured tables: by key, and piece by piece in the order of the key. A row that the table's
/// condition leaves out is not there. Keeps its statements
/// prepared until clear(), which is due when the schema has moved. Every call belongs inside a read
/// transaction.
class RowReader {
 public:
  explicit RowReader(SQLite::Database& database) : database_(database) {}

  /// The row under a key, compared byte by byte; nothing when there is none.
  std::optional<Row> find(const SourceTable& table, const Key& key);

  /// Does the copy still have to come to this key? Compared in the order of scan().
  bool is_beyond(const SourceTable& table, const Key& key, const Key& frontier);

  /// The next rows after `frontier` (from the start when that is empty), until `enough(rows, bytes)` of what
  /// was looked at; at least one is.
  CopyChunk scan(const SourceTable& table, const Key& frontier,
                 const std::function<bool(std::int64_t rows, std::int64_t bytes)>& enough);

  void clear() { tables_.clear(); }

 private:
  struct Statements {
    std::string columns;
    std::string from;
    std::string condition;                ///< 1 for a row that is there, else 0; empty: all are
    std::vector<std::string> key;         ///< quoted key columns
    std::vector<std::string> collations;  ///< the scan's, one for each
    std::optional<SQLite::Statement> find;
    std::optional<SQLite::Statement> compare;
    std::optional<SQLite::Statement> scan_start;
    std::optional<SQLite::Statement> scan_on;
  };

  Statements& statements(const SourceTable& table);
  static std::string find_sql(const SourceTable& table, const Statements& names);
  static std::string scan_sql(const Statements& names, bool from_start);

  SQLite::Database& database_;
  std::map<TableId, Statements> tables_;
};

}  // namespace sluice::capture
