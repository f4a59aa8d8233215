#include "capture/read/row_reader.h"

#include <sqlite3.h>

#include "capture/schema/table_choice.h"
#include "capture/schema/table_schema.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

/// The order of the scan is the one of the key's index, except where the application defines it: we have no
/// such collation and sort by bytes instead.
std::string scan_collation(const std::string& index_collation) {
  const std::string name = folded(index_collation);
  return name == "nocase" || name == "rtrim" ? name : "binary";
}

std::string join(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : std::string(between)) + text;
  return all;
}

std::string row_value(std::vector<std::string> parts) {
  return parts.size() == 1 ? parts.front() : "(" + join(parts, ", ") + ")";
}

std::vector<std::string> collated(std::vector<std::string> parts,
                                  const std::vector<std::string>& collations) {
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] += " COLLATE " + collations[i];
  return parts;
}

std::vector<std::string> parameters(std::size_t count) {
  return std::vector<std::string>(count, "?");
}

/// The first columns of the statement's current row.
Row read_row(SQLite::Statement& statement, std::size_t columns) {
  Row row;
  row.reserve(columns);
  for (int i = 0; i < static_cast<int>(columns); ++i) row.push_back(read_value(statement, i));
  return row;
}

/// The next row. A condition may fail on what a row holds, which only its author can mend.
bool step(const SourceTable& table, SQLite::Statement& statement) {
  try {
    return statement.executeStep();
  } catch (const SQLite::Exception& error) {
    if (table.where.empty() || error.getErrorCode() != SQLITE_ERROR) throw;
    throw SourceError("rule_failed", "tables.rules." + table.name + ".where has no answer for a row",
                      "make it answer for every row, such as json_valid(a) AND json_extract(a, '$.b') = 1");
  }
}

/// The scan also looks at rows that the condition leaves out; what it says follows the columns.
bool is_there(const SourceTable& table, SQLite::Statement& scan) {
  return table.where.empty() || scan.getColumn(static_cast<int>(table.columns.size())).getInt() != 0;
}

Key key_of(const SourceTable& table, const Row& row) {
  Key key;
  for (const std::size_t i : table.key) key.push_back(row[i]);
  return key;
}

}  // namespace

std::string source_column(const SourceTable& table, std::size_t column) {
  const bool is_rowid = !table.hidden_rowid.empty() && column == table.key.front();
  return quote_name(is_rowid ? table.hidden_rowid : table.columns[column].name);
}

std::optional<Row> RowReader::find(const SourceTable& table, const Key& key) {
  Statements& prepared = statements(table);
  if (!prepared.find) prepared.find.emplace(database_, find_sql(table, prepared));
  Rewind rewind(*prepared.find);
  bind_key(*prepared.find, 1, key);
  if (!step(table, *prepared.find)) return std::nullopt;
  return read_row(*prepared.find, table.columns.size());
}

bool RowReader::is_beyond(const SourceTable& table, const Key& key, const Key& frontier) {
  Statements& prepared = statements(table);
  if (!prepared.compare) {
    const auto sides = parameters(table.key.size());
    prepared.compare.emplace(
        database_, "SELECT " + row_value(collated(sides, prepared.collations)) + " > " + row_value(sides));
  }
  Rewind rewind(*prepared.compare);
  bind_key(*prepared.compare, 1, key);
  bind_key(*prepared.compare, static_cast<int>(key.size()) + 1, frontier);
  prepared.compare->executeStep();
  return prepared.compare->getColumn(0).getInt() != 0;
}

CopyChunk RowReader::scan(const SourceTable& table, const Key& frontier,
                          const std::function<bool(std::int64_t, std::int64_t)>& enough) {
  Statements& prepared = statements(table);
  auto& statement = frontier.empty() ? prepared.scan_start : prepared.scan_on;
  if (!statement) statement.emplace(database_, scan_sql(prepared, frontier.empty()));
  Rewind rewind(*statement);
  bind_key(*statement, 1, frontier);
  CopyChunk chunk;
  chunk.table = table.id;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  while (step(table, *statement)) {
    Row row = read_row(*statement, table.columns.size());
    for (const Value& value : row) bytes += size_of(value);
    if (enough(++rows, bytes)) chunk.frontier = key_of(table, row);
    if (is_there(table, *statement))
      chunk.rows.push_back(std::move(row));
    else
      chunk.left_out.push_back(key_of(table, row));
    if (chunk.frontier) break;
  }
  return chunk;
}

RowReader::Statements& RowReader::statements(const SourceTable& table) {
  const auto [place, fresh] = tables_.try_emplace(table.id);
  Statements& prepared = place->second;
  if (!fresh) return prepared;
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) columns.push_back(source_column(table, i));
  prepared.columns = join(columns, ", ");
  for (const std::size_t i : table.key) prepared.key.push_back(columns[i]);
  const TableSchema schema = describe(database_, table.name);
  for (const auto& collation : schema.key_collations)
    prepared.collations.push_back(scan_collation(collation));
  prepared.collations.resize(table.key.size(), "binary");
  if (!table.where.empty()) prepared.condition = condition_sql(table.where);
  prepared.from = " FROM main." + quote_name(table.name) + (has_foreign_order(schema) ? " NOT INDEXED" : "");
  return prepared;
}

/// `=` under the index's collation finds the place by the key's own index, IS under BINARY decides.
std::string RowReader::find_sql(const SourceTable& table, const Statements& names) {
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < names.key.size(); ++i) {
    const std::string parameter = "?" + std::to_string(i + 1);
    if (table.key_is_rowid) {
      conditions.push_back(names.key[i] + " = " + parameter);
      continue;
    }
    if (names.collations[i] != "binary") {
      conditions.push_back(names.key[i] + " IS " + parameter + " COLLATE " + names.collations[i]);
    }
    conditions.push_back(names.key[i] + " IS " + parameter + " COLLATE BINARY");
  }
  if (!names.condition.empty()) conditions.push_back(names.condition);
  return "SELECT " + names.columns + names.from + " WHERE " + join(conditions, " AND ");
}

std::string RowReader::scan_sql(const Statements& names, bool from_start) {
  const auto order = collated(names.key, names.collations);
  const std::string beyond =
      from_start ? "" : " WHERE " + row_value(order) + " > " + row_value(parameters(order.size()));
  const std::string condition = names.condition.empty() ? "" : ", " + names.condition;
  return "SELECT " + names.columns + condition + names.from + beyond + " ORDER BY " + join(order, ", ");
}

}  // namespace sluice::capture
