#include "tests/e2e/verify/oracle.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>

namespace sluice::e2e {
namespace {

constexpr const char* kNull = "(null)";

std::string bits_of(double number) {
  return "bits " + std::to_string(std::bit_cast<std::uint64_t>(number));
}

std::string without_blanks_at_end(const std::string& text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string as_hex(const unsigned char* bytes, int size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "\\x";
  for (int i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

/// What the server writes, in the form that is compared.
std::string from_target(const std::string& type, const std::string& text) {
  if (type == "float8") return bits_of(std::strtod(text.c_str(), nullptr));
  if (type == "bpchar") return without_blanks_at_end(text);
  return text;
}

std::string text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

/// What SQLite holds, as the server would have to write it.
std::string from_source(const std::string& type, sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return kNull;
    case SQLITE_BLOB:
      return as_hex(static_cast<const unsigned char*>(sqlite3_value_blob(value)), sqlite3_value_bytes(value));
    case SQLITE_INTEGER:
      if (type == "bool") return sqlite3_value_int(value) != 0 ? "t" : "f";
      if (type == "float8") return bits_of(static_cast<double>(sqlite3_value_int64(value)));
      return std::to_string(sqlite3_value_int64(value));
    case SQLITE_FLOAT:
      if (type == "float8") return bits_of(sqlite3_value_double(value));
      throw std::logic_error("a real is compared in float8 alone");
    default:
      return type == "bpchar" ? without_blanks_at_end(text_of(value)) : text_of(value);
  }
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database));
  return Statement(statement);
}

std::string in_brackets(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return words.size() > 1 ? "(" + text + ")" : text;
}

}  // namespace

std::vector<Oracle::Column> Oracle::columns_of(const std::string& table) {
  std::map<std::string, std::string> types;
  pqxx::connection connection(cluster_.url(database_, role_));
  pqxx::work work(connection);
  for (const auto& row :
       work.exec("SELECT attname, typname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid"
                 " WHERE attnum > 0 AND attrelid = 'public." +
                 table + "'::regclass"))
    types.emplace(row[0].c_str(), row[1].c_str());
  std::vector<Column> columns;
  const auto info =
      prepare(source_.database().getHandle(), "SELECT name, pk FROM pragma_table_info('" + table + "')");
  while (sqlite3_step(info.get()) == SQLITE_ROW) {
    const std::string name = text_of(sqlite3_column_value(info.get(), 0));
    columns.push_back({name, types.at(name), sqlite3_column_int(info.get(), 1)});
  }
  std::stable_sort(columns.begin(), columns.end(), [](const Column& left, const Column& right) {
    return left.place_in_key > 0 && (right.place_in_key == 0 || left.place_in_key < right.place_in_key);
  });
  return columns;
}

/// A moment is turned to UTC by SQLite itself.
std::string Oracle::told_by_sqlite(const Column& column) {
  return column.type == "timestamptz" ? "datetime(" + column.name + ") || '+00'" : column.name;
}

Oracle::Rows Oracle::source_rows(const std::string& table, const std::vector<Column>& columns) {
  std::string values;
  std::string literals;
  for (const auto& column : columns) {
    values += (values.empty() ? "" : ", ") + told_by_sqlite(column);
    literals += ", CASE typeof(" + column.name + ") WHEN 'blob' THEN lower(quote(" + column.name +
                ")) ELSE quote(" + column.name + ") END";
  }
  Rows rows;
  const auto statement =
      prepare(source_.database().getHandle(), "SELECT " + values + literals + " FROM " + table);
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    std::vector<std::string> key;
    std::vector<std::string> literal;
    Row row;
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
      const Column& column = columns[static_cast<std::size_t>(i)];
      row.values.push_back(from_source(column.type, sqlite3_column_value(statement.get(), i)));
      if (column.place_in_key == 0) continue;
      key.push_back(row.values.back());
      literal.push_back(text_of(sqlite3_column_value(statement.get(), i + static_cast<int>(columns.size()))));
    }
    row.literal = in_brackets(literal);
    rows.emplace(key, row);
  }
  return rows;
}

Oracle::Rows Oracle::target_rows(const std::string& table, const std::vector<Column>& columns) {
  std::string names;
  for (const auto& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  pqxx::connection connection(cluster_.url(database_, role_));
  pqxx::work work(connection);
  work.exec("SET LOCAL timezone = 'UTC'");
  Rows rows;
  for (const auto& record : work.exec("SELECT " + names + " FROM public." + table)) {
    std::vector<std::string> key;
    Row row;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto field = record[static_cast<pqxx::row::size_type>(i)];
      row.values.push_back(field.is_null() ? kNull : from_target(columns[i].type, field.c_str()));
      if (columns[i].place_in_key > 0) key.push_back(row.values.back());
    }
    rows.emplace(key, row);
  }
  return rows;
}

std::string Oracle::differences(const std::string& table) {
  const auto columns = columns_of(table);
  const Rows here = source_rows(table, columns);
  Rows there = target_rows(table, columns);
  std::string list;
  for (const auto& [key, row] : here) {
    const auto twin = there.find(key);
    if (twin == there.end()) {
      list += table + " " + row.literal + " is missing\n";
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (row.values[i] != twin->second.values[i])
        list += table + " " + row.literal + " " + columns[i].name + ": [" + row.values[i] + "] became [" +
                twin->second.values[i] + "]\n";
    }
    there.erase(twin);
  }
  for (const auto& [key, row] : there) list += table + " " + in_brackets(key) + " is only in Postgres\n";
  return list;
}

std::string Oracle::source_key(const std::string& table, const std::vector<std::string>& key) {
  const auto columns = columns_of(table);
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < key.size(); ++i) wanted.push_back(from_target(columns[i].type, key[i]));
  return source_rows(table, columns).at(wanted).literal;
}

}  // namespace sluice::e2e
