#include "capture/schema/table_choice.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <regex>

#include "capture/values.h"

namespace sluice::capture {
namespace {

std::string rule_of(const TableSchema& table, const char* member) {
  return "tables.rules." + table.name + "." + member;
}

[[noreturn]] void refuse_column(const TableSchema& table, const std::string& column) {
  throw SourceError("rule_refused",
                    rule_of(table, "columns") + " names column '" + column + "', which table '" + table.name +
                        "' does not have",
                    "correct the name, or take it out of the rule");
}

void choose_columns(TableSchema& table, const TableChoice& choice) {
  if (choice.columns.empty()) return;
  for (const auto& name : choice.columns) {
    if (table.find(name) == nullptr) refuse_column(table, name);
  }
  for (auto& column : table.columns) {
    const bool named = std::any_of(choice.columns.begin(), choice.columns.end(),
                                   [&](const auto& name) { return folded(name) == folded(column.name); });
    column.wanted = named != choice.except;
  }
  for (const std::size_t i : table.key) {
    if (table.rowid_is_hidden) table.columns[i].wanted = true;  // a column of ours, which no rule can name
    if (table.columns[i].wanted) continue;
    throw SourceError("rule_refused",
                      rule_of(table, "columns") + " leaves out '" + table.columns[i].name +
                          "', which tells the rows of table '" + table.name + "' apart",
                      choice.except ? "take it out of the exception" : "add it to the list");
  }
}

[[noreturn]] void refuse_condition(const TableSchema& table, const std::string& reason) {
  throw SourceError("rule_refused", rule_of(table, "where") + " can't be used: " + reason,
                    "give one expression over the columns of table '" + table.name +
                        "' that always has the same answer for the same row");
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// What SQLite says against a statement; empty where it prepares it, all of it.
std::string objection(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int result = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, &rest);
  const std::unique_ptr<sqlite3_stmt, Finalize> owner(statement);
  if (result != SQLITE_OK) return sqlite3_errmsg(database);
  return *rest == '\0' ? "" : "there is more than one statement in it";
}

/// A table of the same columns, with nothing in it that only the application has, and no rowid to name.
std::string stand_in(const TableSchema& table) {
  std::string columns;
  for (const auto& column : table.columns) columns += quote_name(column.name) + ", ";
  return "CREATE TABLE " + quote_name(table.name) + " (" + columns +
         "\"_sluice_key\" PRIMARY KEY) WITHOUT ROWID";
}

/// A date function that asks the clock, or the zone of this machine. SQLite notices that only when it comes
/// to it.
bool asks_the_clock(const std::string& where) {
  static const auto kIgnoreCase = std::regex::ECMAScript | std::regex::icase;
  static const std::regex function(R"(\b(date|time|datetime|julianday|unixepoch|strftime|timediff)\s*\()",
                                   kIgnoreCase);
  static const std::regex moment(
      R"('(now|localtime|utc)')"
      R"(|\b(date|time|datetime|julianday|unixepoch)\s*\(\s*('subsec(ond)?'\s*)?\))"
      R"(|\bstrftime\s*\(\s*'[^']*'\s*\))",
      kIgnoreCase);
  return std::regex_search(where, function) && std::regex_search(where, moment);
}

/// SQLite itself knows what one expression over a row is, and which functions always give the same answer:
/// only such a one may be the condition of an index.
std::string objection_to(SQLite::Database& database, const TableSchema& table, const std::string& where) {
  SQLite::Database scratch(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  sqlite3_db_config(scratch.getHandle(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);  // a slip is no string
  scratch.exec(stand_in(table));
  const std::string index =
      "CREATE INDEX \"_sluice_where\" ON " + quote_name(table.name) + " (\"_sluice_key\") WHERE " + where;
  if (auto reason = objection(scratch.getHandle(), index); !reason.empty()) return reason;
  if (asks_the_clock(where)) return "its answer depends on the time or the zone of this machine";
  return objection(database.getHandle(),
                   "SELECT " + condition_sql(where) + " FROM main." + quote_name(table.name));
}

}  // namespace

void choose(SQLite::Database& database, TableSchema& table, const TableChoice& choice) {
  choose_columns(table, choice);
  if (choice.where.empty()) return;
  if (const auto reason = objection_to(database, table, choice.where); !reason.empty()) {
    refuse_condition(table, reason);
  }
  table.where = choice.where;
}

std::string condition_sql(const std::string& where) {
  // A comment at its end reaches to the end of the line.
  return where.empty() ? "1" : "CASE WHEN " + where + "\nTHEN 1 ELSE 0 END";
}

}  // namespace sluice::capture
