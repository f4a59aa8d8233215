#include "capture/read/details_reader.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "capture/read/row_reader.h"
#include "capture/schema/index_terms.h"
#include "capture/schema/table_schema.h"
#include "capture/schema/table_text.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

using SQLite::Statement;

std::string create_statement(SQLite::Database& database, const char* type, const std::string& name) {
  Statement schema(database, "SELECT sql FROM main.sqlite_schema WHERE type = ? AND lower(name) = lower(?)");
  schema.bind(1, type);
  schema.bind(2, name);
  return schema.executeStep() ? text_at(schema, 0) : std::string();
}

std::string collation_of(SQLite::Database& database, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  sqlite3_table_column_metadata(database.getHandle(), "main", table.c_str(), column.c_str(), nullptr,
                                &collation, nullptr, nullptr, nullptr);
  return folded(collation ? collation : "binary");
}

/// The text of an expression with its strings in single quotes.
std::string plain(const TableSchema& schema, std::string_view expression) {
  return with_plain_strings(expression, [&](std::string_view word) { return schema.find(word) != nullptr; });
}

void read_columns(SQLite::Database& database, const TableSchema& schema, const TableText& text,
                  TableDetails& details) {
  for (const auto& column : details.table.columns) {
    ColumnDetails found;
    if (const auto* known = schema.find(column.name)) found.default_value = known->default_value;
    const auto generated = text.generated.find(folded(column.name));
    if (generated != text.generated.end()) found.generated = plain(schema, generated->second);
    found.collation = collation_of(database, details.table.name, column.name);
    details.columns.push_back(std::move(found));
  }
}

IndexDetails read_index(SQLite::Database& database, const TableSchema& schema, const std::string& name) {
  IndexDetails index;
  index.name = name;
  IndexTerms written;
  if (const auto sql = create_statement(database, "index", name); !sql.empty()) written = split_index(sql);
  index.where = plain(schema, written.where);
  Statement terms(database, "PRAGMA main.index_xinfo(" + quote_name(name) + ")");
  while (terms.executeStep()) {
    if (terms.getColumn(5).getInt() == 0) continue;  // carried along
    const auto place = static_cast<std::size_t>(terms.getColumn(0).getInt());
    TermDetails term{text_at(terms, 2), "", folded(text_at(terms, 4)), terms.getColumn(3).getInt() != 0};
    if (term.column.empty()) term.expression = plain(schema, written.terms.at(place));
    index.terms.push_back(std::move(term));
  }
  return index;
}

void read_indexes(SQLite::Database& database, const TableSchema& schema, TableDetails& details) {
  Statement list(
      database,
      "SELECT name, \"unique\", origin FROM pragma_index_list(?, 'main') ORDER BY origin <> 'u', name");
  list.bind(1, schema.name);
  while (list.executeStep()) {
    const std::string origin = text_at(list, 2);
    if (origin == "pk") continue;
    IndexDetails index = read_index(database, schema, text_at(list, 0));
    index.unique = list.getColumn(1).getInt() != 0;
    index.constraint = origin == "u";
    details.indexes.push_back(std::move(index));
  }
}

std::vector<std::string> key_of(SQLite::Database& database, const std::string& table) {
  std::vector<std::string> key;
  Statement columns(database, "SELECT name FROM pragma_table_info(?, 'main') WHERE pk > 0 ORDER BY pk");
  columns.bind(1, table);
  while (columns.executeStep()) key.push_back(text_at(columns, 0));
  return key;
}

/// In the order written, which is the reverse of SQLite's numbers.
void read_foreign_keys(SQLite::Database& database, const TableText& text, TableDetails& details) {
  std::map<int, ForeignKeyDetails, std::greater<>> keys;
  Statement list(database,
                 "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete"
                 "  FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq");
  list.bind(1, details.table.name);
  while (list.executeStep()) {
    auto& key = keys[list.getColumn(0).getInt()];
    key.parent = text_at(list, 1);
    key.columns.push_back(text_at(list, 2));
    if (const auto to = text_at(list, 3); !to.empty()) key.parent_columns.push_back(to);
    key.on_update = text_at(list, 4);
    key.on_delete = text_at(list, 5);
  }
  std::size_t place = 0;
  for (auto& [id, key] : keys) {
    if (key.parent_columns.empty()) key.parent_columns = key_of(database, key.parent);
    key.deferred = text.deferred.size() == keys.size() && text.deferred[place];
    ++place;
    details.foreign_keys.push_back(std::move(key));
  }
}

}  // namespace

TableDetails read_details(SQLite::Database& database, const SourceTable& table) {
  TableDetails details;
  details.table = table;
  const TableSchema schema = describe(database, table.name);
  TableText text = read_create_table(create_statement(database, "table", table.name));
  for (auto& check : text.checks) check.expression = plain(schema, check.expression);
  read_columns(database, schema, text, details);
  details.checks = std::move(text.checks);
  read_indexes(database, schema, details);
  read_foreign_keys(database, text, details);
  return details;
}

void sample_rows(SQLite::Database& database, const SourceTable& table,
                 const std::function<void(const Row&)>& look) {
  constexpr std::int64_t kRows = 20'000;
  constexpr std::int64_t kBytes = 32 << 20;
  constexpr std::int64_t kPieceRows = 500;
  constexpr std::int64_t kPieceBytes = 1 << 20;
  RowReader reader(database);
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  const auto piece_after = [&](const Key& frontier) {
    SQLite::Transaction snapshot(database);
    std::int64_t piece_bytes = 0;
    CopyChunk piece = reader.scan(table, frontier, [&](std::int64_t looked_at, std::int64_t size) {
      piece_bytes = size;
      return looked_at >= kPieceRows || size >= kPieceBytes;
    });
    bytes += piece_bytes;
    rows += kPieceRows;
    for (const Row& row : piece.rows) look(row);
    return piece.frontier;
  };

  Key frontier;
  while (rows < kRows && bytes < kBytes) {
    const auto next = piece_after(frontier);
    if (!next) return;
    frontier = *next;
  }
  const auto* first = frontier.size() == 1 ? std::get_if<std::int64_t>(&frontier.front()) : nullptr;
  if (!table.key_is_rowid || first == nullptr) return;
  const std::int64_t last = database
                                .execAndGet("SELECT max(" + source_column(table, table.key.front()) +
                                            ") FROM main." + quote_name(table.name))
                                .getInt64();
  constexpr std::int64_t kPlaces = kRows / kPieceRows;
  // Divided before it is multiplied: the two ends may lie 2^64 apart.
  const std::int64_t stride = (last / kPlaces) - (*first / kPlaces);
  rows = bytes = 0;
  for (std::int64_t place = 0; place < kPlaces && bytes < kBytes; ++place)
    piece_after({Value(*first + (stride * place))});
}

}  // namespace sluice::capture
