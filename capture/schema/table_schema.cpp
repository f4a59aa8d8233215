#include "capture/schema/table_schema.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>

#include "capture/schema/index_terms.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

using SQLite::Statement;

bool can_prepare(SQLite::Database& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(database.getHandle(), sql.c_str(), -1, &statement, nullptr);
  sqlite3_finalize(statement);
  return result == SQLITE_OK;
}

std::string written_table(SQLite::Database& database, const std::string& table) {
  Statement schema(database, "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?");
  schema.bind(1, table);
  return schema.executeStep() ? text_at(schema, 0) : "";
}

void read_columns(SQLite::Database& database, TableSchema& table) {
  auto words = count_words(written_table(database, table.name));
  Statement rows(database, "PRAGMA main.table_xinfo(" + quote_name(table.name) + ")");
  std::map<int, std::size_t> key;
  while (rows.executeStep()) {
    ColumnSchema column;
    column.name = text_at(rows, 1);
    column.declared_type = text_at(rows, 2);
    column.not_null = rows.getColumn(3).getInt() != 0;
    column.default_value = default_expression(text_at(rows, 4));
    column.generated = rows.getColumn(6).getInt() >= 2;
    column.named_again = words[folded(column.name)] > 1;
    if (column.generated) {
      column.readable =
          can_prepare(database, "SELECT " + quote_name(column.name) + " FROM main." + quote_name(table.name));
    }
    if (const int place = rows.getColumn(5).getInt(); place > 0) key[place] = table.columns.size();
    table.columns.push_back(std::move(column));
  }
  for (const auto& [place, column] : key) table.key.push_back(column);
}

IndexTerms written_terms(SQLite::Database& database, const std::string& index) {
  Statement schema(database, "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?");
  schema.bind(1, index);
  if (!schema.executeStep() || schema.getColumn(0).isNull()) return {};
  return split_index(schema.getColumn(0).getText());
}

UniqueIndex read_index(SQLite::Database& database, const TableSchema& table, const std::string& name,
                       bool is_key) {
  UniqueIndex index;
  index.is_key = is_key;
  const IndexTerms written = written_terms(database, name);
  const auto is_column = [&](std::string_view word) { return table.find(word) != nullptr; };
  index.where = with_plain_strings(written.where, is_column);
  Statement terms(database, "PRAGMA main.index_xinfo(" + quote_name(name) + ")");
  while (terms.executeStep()) {
    if (terms.getColumn(5).getInt() == 0) continue;  // carried along, not part of what is unique
    IndexTerm term;
    term.column = text_at(terms, 2);
    term.collation = text_at(terms, 4);
    if (term.column.empty())
      term.expression = with_plain_strings(
          written.terms.at(static_cast<std::size_t>(terms.getColumn(0).getInt())), is_column);
    index.terms.push_back(std::move(term));
  }
  return index;
}

void read_unique_indexes(SQLite::Database& database, TableSchema& table) {
  // In an order that a reload of the schema or a rename does not change, because the triggers' text follows
  // it.
  Statement indexes(
      database,
      "SELECT seq, name, \"unique\", origin FROM pragma_index_list(?, 'main') ORDER BY origin = 'c', name");
  indexes.bind(1, table.name);
  while (indexes.executeStep()) {
    if (indexes.getColumn(2).getInt() == 0) continue;
    table.unique_indexes.push_back(
        read_index(database, table, text_at(indexes, 1), text_at(indexes, 3) == "pk"));
  }
}

void read_parents(SQLite::Database& database, TableSchema& table) {
  Statement keys(database, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?, 'main') ORDER BY 1");
  keys.bind(1, table.name);
  while (keys.executeStep()) table.parents.push_back(text_at(keys, 0));
}

bool has_rowid(SQLite::Database& database, const std::string& table) {
  Statement list(database, "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?");
  list.bind(1, table);
  return list.executeStep() && list.getColumn(0).getInt() == 0;
}

std::string free_rowid_name(const TableSchema& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (table.find(name) == nullptr) return name;
  }
  return {};
}

void read_key_collations(TableSchema& table) {
  const auto index = std::find_if(table.unique_indexes.begin(), table.unique_indexes.end(),
                                  [](const UniqueIndex& each) { return each.is_key; });
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    const bool known = index != table.unique_indexes.end() && i < index->terms.size();
    table.key_collations.push_back(known ? index->terms[i].collation : "BINARY");
  }
}

/// The columns by which the index tells every two rows apart; empty where it does not.
std::vector<std::size_t> key_columns(const TableSchema& table, const UniqueIndex& index) {
  std::vector<std::size_t> key;
  for (const auto& term : index.terms) {
    const ColumnSchema* column = term.column.empty() ? nullptr : table.find(term.column);
    const bool fits = column && column->not_null && !column->generated && folded(term.collation) == "binary";
    if (!fits || !index.where.empty()) return {};
    key.push_back(static_cast<std::size_t>(column - table.columns.data()));
  }
  return key;
}

bool is_bare_word(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

bool is_constant_word(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kWords = {
      "null", "true", "false", "current_date", "current_time", "current_timestamp"};
  return std::find(kWords.begin(), kWords.end(), folded(text)) != kWords.end();
}

}  // namespace

const ColumnSchema* TableSchema::find(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ColumnSchema& each) {
    return folded(each.name) == folded(column);
  });
  return found == columns.end() ? nullptr : &*found;
}

TableSchema describe(SQLite::Database& database, const std::string& name) {
  TableSchema table;
  table.name = name;
  read_columns(database, table);
  read_unique_indexes(database, table);
  read_parents(database, table);
  read_key_collations(table);
  table.without_rowid = !has_rowid(database, name);
  if (!table.without_rowid) table.rowid = free_rowid_name(table);
  const bool key_has_index = std::any_of(table.unique_indexes.begin(), table.unique_indexes.end(),
                                         [](const UniqueIndex& each) { return each.is_key; });
  table.key_is_rowid = !table.without_rowid && table.key.size() == 1 && !key_has_index;
  table.key_may_be_null = !table.without_rowid && !table.key_is_rowid &&
                          std::any_of(table.key.begin(), table.key.end(),
                                      [&](std::size_t i) { return !table.columns[i].not_null; });
  return table;
}

void key_by_unique(TableSchema& table) {
  for (auto& index : table.unique_indexes) {
    const auto columns = key_columns(table, index);
    if (columns.empty()) continue;
    table.key = columns;
    table.key_collations.assign(columns.size(), "BINARY");
    index.is_key = true;
    return;
  }
}

void key_by_rowid(TableSchema& table) {
  table.key = {table.columns.size()};
  table.key_collations = {"BINARY"};
  table.columns.push_back(
      {.name = table.rowid, .declared_type = "INTEGER", .default_value = {}, .not_null = true});
  table.key_is_rowid = true;
  table.rowid_is_hidden = true;
}

bool has_foreign_order(const TableSchema& table) {
  return std::any_of(table.key_collations.begin(), table.key_collations.end(), [](const std::string& name) {
    return folded(name) != "binary" && folded(name) != "nocase" && folded(name) != "rtrim";
  });
}

std::string default_expression(std::string_view text) {
  if (text.size() >= 2 && ((text.front() == '[' && text.back() == ']') || text.front() == '`')) {
    return quote_text(text.substr(1, text.size() - 2));
  }
  if (is_bare_word(text) && !is_constant_word(text)) return quote_text(text);
  return with_plain_strings(text, [](std::string_view) { return false; });
}

}  // namespace sluice::capture
