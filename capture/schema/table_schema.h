#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::capture {

struct ColumnSchema {
  std::string name;
  std::string declared_type;
  std::string default_value;  ///< as a SQL expression; empty when there is none
  bool not_null = false;
  bool generated = false;
  bool named_again = false;  ///< CREATE TABLE names it more than once: a generated column may be made of it
  bool readable = true;  ///< false where a generated column calls a function that only the application has
  bool wanted = true;    ///< false where the owner has left it out
};

/// One term of a unique index: a column, or an expression in the words of its CREATE INDEX.
struct IndexTerm {
  std::string column;
  std::string expression;
  std::string collation;
};

struct UniqueIndex {
  bool is_key = false;  ///< the index of the primary key
  std::vector<IndexTerm> terms;
  std::string where;  ///< condition of a partial index, else empty
};

/// All that capture needs to know of one table, as SQLite tells it.
struct TableSchema {
  std::string name;
  std::vector<ColumnSchema> columns;
  std::vector<std::size_t> key;             ///< the primary key: indexes into columns; may be empty
  std::vector<std::string> key_collations;  ///< of the key's index; BINARY for a rowid alias
  std::string
      rowid;  ///< a name under which the rowid can be had; empty for WITHOUT ROWID or if all are taken
  bool without_rowid = false;
  bool key_is_rowid = false;
  bool rowid_is_hidden = false;  ///< the key is the rowid for want of a primary key: the last of the columns
  bool key_may_be_null = false;
  std::vector<UniqueIndex> unique_indexes;
  std::vector<std::string> parents;
  std::string where;  ///< only rows for which it is true are captured; empty: all

  const ColumnSchema* find(std::string_view column) const;
};

/// Describes one table of the main database. Reads only the schema.
TableSchema describe(SQLite::Database& database, const std::string& table);

/// Is the key's index ordered by a collation that only the application has? Nothing but a scan can read it.
bool has_foreign_order(const TableSchema& table);

/// Makes columns the key of a table that has no primary key: those of a UNIQUE over NOT NULL columns, the
/// first constraint, else the first index by name, as REPLICA IDENTITY USING INDEX has it in Postgres. Does
/// nothing where there is none.
void key_by_unique(TableSchema& table);

/// Makes the rowid the key of a table that has none. Requires that the rowid can be had by a name.
void key_by_rowid(TableSchema& table);

/// A DEFAULT as PRAGMA table_xinfo gives it, as an expression: there a bare or double-quoted word is a
/// string.
std::string default_expression(std::string_view text);

}  // namespace sluice::capture
