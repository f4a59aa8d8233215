#include "tests/applier/differential/tables.h"

#include <algorithm>

namespace sluice::differential {
namespace {

std::vector<std::vector<std::string>> query(SQLite::Database& database, const std::string& sql) {
  std::vector<std::vector<std::string>> found;
  SQLite::Statement rows(database, sql);
  while (rows.executeStep()) {
    found.emplace_back();
    for (int i = 0; i < rows.getColumnCount(); ++i) found.back().push_back(rows.getColumn(i).getString());
  }
  return found;
}

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

std::string joined(const Row& values, const std::string& between, const std::string& separator) {
  std::string text;
  for (const auto& [column, value] : values) {
    text += (text.empty() ? "" : separator) + column;
    text += between + value;
  }
  return text;
}

Table read_table(SQLite::Database& database, const std::string& name) {
  Table table{name, {}, {}};
  for (const auto& row : query(database,
                               "SELECT name, type = 'TEXT', \"notnull\", pk > 0,"
                               " EXISTS (SELECT 1 FROM pragma_index_list(" +
                                   quoted(name) +
                                   ") l, pragma_index_info(l.name) i WHERE l.\"unique\" AND"
                                   " i.name = c.name) FROM pragma_table_info(" +
                                   quoted(name) + ") c")) {
    table.columns.push_back({row[0], row[1] == "1", row[2] == "1", row[3] == "1", row[4] == "1"});
  }
  for (const auto& row :
       query(database, "SELECT \"table\", \"from\", \"to\", seq FROM pragma_foreign_key_list(" +
                           quoted(name) + ") ORDER BY id, seq")) {
    if (row[3] == "0") table.references.push_back({row[0], {}});
    table.references.back().columns.emplace_back(row[1], row[2]);
  }
  return table;
}

}  // namespace

Row Table::key_of(const Row& row) const {
  Row key;
  for (const auto& column : columns) {
    if (column.in_key) key[column.name] = row.at(column.name);
  }
  return key;
}

std::vector<Table> read_tables(SQLite::Database& database) {
  std::vector<Table> tables;
  for (const auto& row :
       query(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")) {
    tables.push_back(read_table(database, row[0]));
  }
  return tables;
}

std::vector<Row> read_rows(SQLite::Database& database, const Table& table, const std::string& condition) {
  std::string columns;
  for (const auto& column : table.columns)
    columns += (columns.empty() ? "quote(" : ", quote(") + column.name + ")";
  std::vector<Row> rows;
  for (const auto& values :
       query(database, "SELECT " + columns + " FROM " + table.name + condition + " ORDER BY 1")) {
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) row[table.columns[i].name] = values[i];
  }
  return rows;
}

std::string where(const Row& values) {
  return " WHERE " + joined(values, " IS ", " AND ");
}

std::string assignments(const Row& values) {
  return joined(values, " = ", ", ");
}

std::string insert_sql(const Table& table, const Row& row) {
  std::string names, values;
  for (const auto& [column, value] : row) {
    names += (names.empty() ? "" : ", ") + column;
    values += (values.empty() ? "" : ", ") + value;
  }
  return "INSERT INTO " + table.name + "(" + names + ") VALUES(" + values + ")";
}

std::string update_sql(const Table& table, const Row& values, const Row& row) {
  return "UPDATE " + table.name + " SET " + assignments(values) + where(table.key_of(row));
}

}  // namespace sluice::differential
