#include "capture/schema/survey.h"

#include <fnmatch.h>
#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "capture/schema/table_choice.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

bool matches_any(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

bool is_the_application_s(const std::string& name) {
  return !name.starts_with("sqlite_") && !name.starts_with("_sluice_");
}

bool is_wanted(const std::string& name, const SourceOptions& options) {
  return is_the_application_s(name) && (options.include.empty() || matches_any(name, options.include)) &&
         !matches_any(name, options.exclude);
}

std::optional<std::string> reason_to_leave_alone(const std::string& name, const SourceOptions& options) {
  const auto& named = options.include;
  if (std::find(named.begin(), named.end(), name) != named.end()) return std::nullopt;
  for (const auto& each : options.left_alone) {
    if (folded(each.table) == folded(name)) return each.reason;
  }
  return std::nullopt;
}

std::string reason_against(const std::string& type) {
  if (type == "view") return "a view: its base tables are captured";
  if (type == "virtual") return "a virtual table: SQLite allows no triggers on it";
  if (type == "shadow") return "holds the data of a virtual table";
  return {};
}

/// Why a table with these columns and this key can't be captured; empty if it can.
std::string reason_against(const TableSchema& table) {
  if (table.key.empty() && table.rowid.empty()) {
    return "no primary key, and columns have taken every name of the rowid: give it a key, or exclude it";
  }
  if (table.key.empty()) {
    return "no primary key, nor a UNIQUE over NOT NULL columns: nothing tells its rows apart for good; give "
           "it "
           "one, exclude it, or name it in tables.by_rowid";
  }
  if (table.without_rowid && has_foreign_order(table)) {
    return "its rows lie in the order of " + table.key_collations.front() +
           ", a collation that only the application has, so nobody else can read them";
  }
  return {};
}

/// Columns that only the application can compute.
void report_unreadable(const TableSchema& table, Survey& survey) {
  for (const auto& column : table.columns) {
    if (column.readable || !column.wanted) continue;
    survey.left_out.push_back(
        {table.name + "." + column.name,
         "a generated column whose function only the application has: the other columns are "
         "captured"});
  }
}

const TableChoice* choice_for(const std::string& table, const SourceOptions& options) {
  const auto found = std::find_if(options.choices.begin(), options.choices.end(),
                                  [&](const auto& each) { return folded(each.first) == folded(table); });
  return found == options.choices.end() ? nullptr : &found->second;
}

/// A virtual table whose module only the application has can't be opened here.
bool may_hold_rows(SQLite::Database& database, const std::string& table) {
  try {
    return SQLite::Statement(database, "SELECT 1 FROM main." + quote_name(table) + " LIMIT 1").executeStep();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_ERROR) return true;
    throw;
  }
}

std::vector<IdlePattern> idle_patterns(const std::vector<std::string>& names, const SourceOptions& options) {
  std::vector<IdlePattern> idle;
  for (const auto& [setting, patterns] : {std::pair{"tables.include", &options.include},
                                          {"tables.exclude", &options.exclude},
                                          {"tables.by_rowid", &options.by_rowid}}) {
    for (const auto& pattern : *patterns) {
      const auto has_it = [&](const std::string& name) { return matches_any(name, {pattern}); };
      if (std::none_of(names.begin(), names.end(), has_it)) idle.push_back({setting, pattern});
    }
  }
  return idle;
}

}  // namespace

Survey survey_tables(SQLite::Database& database, const SourceOptions& options) {
  Survey survey;
  SQLite::Statement list(database,
                         "SELECT name, type FROM pragma_table_list WHERE schema = 'main' ORDER BY name");
  std::vector<std::string> names;
  while (list.executeStep()) {
    const std::string name = list.getColumn(0).getText();
    if (is_the_application_s(name)) names.push_back(name);
    if (!is_wanted(name, options)) continue;
    if (auto reason = reason_to_leave_alone(name, options)) {
      survey.left_out.push_back({name, std::move(*reason)});
      continue;
    }
    std::string reason = reason_against(list.getColumn(1).getText());
    if (reason.empty()) {
      TableSchema table = describe(database, name);
      const bool by_rowid = table.key.empty() && !table.rowid.empty() && matches_any(name, options.by_rowid);
      if (by_rowid) key_by_rowid(table);
      if (table.key.empty()) key_by_unique(table);
      reason = reason_against(table);
      if (reason.empty()) {
        if (const auto* choice = choice_for(name, options)) choose(database, table, *choice);
        report_unreadable(table, survey);
        survey.tables.push_back(std::move(table));
        continue;
      }
    }
    survey.left_out.push_back({name, std::move(reason)});
  }
  survey.idle_patterns = idle_patterns(names, options);
  return survey;
}

std::vector<std::string> table_names(SQLite::Database& database) {
  SQLite::Statement list(database, "SELECT name FROM pragma_table_list WHERE schema = 'main' ORDER BY name");
  std::vector<std::string> names;
  while (list.executeStep()) {
    std::string name = list.getColumn(0).getText();
    if (is_the_application_s(name)) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> uncaptured_with_rows(SQLite::Database& database, const SourceOptions& options,
                                              const std::vector<std::string>& captured) {
  SQLite::Statement list(database,
                         "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', "
                         "'virtual') ORDER BY name");
  std::vector<std::string> found;
  while (list.executeStep()) {
    const std::string name = list.getColumn(0).getText();
    const bool is_captured = std::find(captured.begin(), captured.end(), name) != captured.end();
    if (is_captured || !is_the_application_s(name) || matches_any(name, options.exclude)) continue;
    if (may_hold_rows(database, name)) found.push_back(name);
  }
  return found;
}

bool was_dropped(SQLite::Database& database, const std::string& table, const SourceOptions& options) {
  SQLite::Statement list(database, "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?");
  list.bind(1, table);
  return is_wanted(table, options) && !list.executeStep();
}

std::int64_t count_null_keys(SQLite::Database& database, const TableSchema& table) {
  if (!table.key_may_be_null) return 0;
  std::string any;
  for (const std::size_t i : table.key)
    any += (any.empty() ? "" : " OR ") + quote_name(table.columns[i].name) + " IS NULL";
  const std::string scan = has_foreign_order(table) ? " NOT INDEXED" : "";
  SQLite::Statement count(database,
                          "SELECT count(*) FROM main." + quote_name(table.name) + scan + " WHERE " + any);
  count.executeStep();
  return count.getColumn(0).getInt64();
}

}  // namespace sluice::capture
