#include "capture/read/log_reader.h"

#include <algorithm>
#include <map>

#include "capture/install/changelog.h"
#include "capture/install/trigger_ddl.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

/// Longer values are for a look at the row itself.
constexpr std::size_t kShownValueBytes = 1024;

constexpr int kFirstKeyColumn = 3;

std::string word_of(const std::string& op) {
  if (op == "i") return "insert";
  if (op == "u") return "update";
  if (op == "d") return "delete";
  if (op == "r") return "maybe_replaced";
  if (op == "b") return "base";
  return "unknown";
}

struct TableFacts {
  std::string name;
  std::size_t key_width = 0;  ///< 0 where the table is gone
};

TableFacts look_up(SQLite::Database& database, TableId id) {
  // ALTER TABLE RENAME rewrites the triggers at once, and our registry only follows.
  SQLite::Statement facts(
      database,
      "WITH called(name) AS (SELECT coalesce("
      "(SELECT tbl_name FROM main.sqlite_schema WHERE type = 'trigger' AND name = ?1),"
      " (SELECT nullif(name, '') FROM _sluice_table WHERE src = ?2), 'table ' || ?2))"
      "SELECT name, (SELECT count(*) FROM pragma_table_info(called.name, 'main') WHERE pk > 0) FROM called");
  facts.bind(1, insert_trigger_name(id));
  facts.bind(2, static_cast<std::int64_t>(id));
  facts.executeStep();
  return {facts.getColumn(0).getString(), static_cast<std::size_t>(facts.getColumn(1).getInt64())};
}

/// What the changelog holds behind a key is NULL, unless the key was wider when the change was noted.
std::string shown_key(Key key, std::size_t width) {
  while (key.size() > width && std::holds_alternative<std::monostate>(key.back())) key.pop_back();
  return key.empty() ? "" : to_literal(key, kShownValueBytes);
}

std::string select_entries(std::size_t width, bool newest) {
  std::string sql = "SELECT seq, src, op";
  for (std::size_t i = 0; i < width; ++i) sql += ", k" + std::to_string(i);
  return sql + " FROM _sluice_changelog WHERE seq > ? ORDER BY seq" + (newest ? " DESC" : "") + " LIMIT ?";
}

}  // namespace

LogExcerpt read_log(SQLite::Database& database, std::optional<Position> after, std::size_t limit) {
  SQLite::Transaction snapshot(database);
  require_changelog(database);
  LogExcerpt excerpt;
  excerpt.newest.value = database.execAndGet("SELECT max(seq) FROM _sluice_changelog").getInt64();
  SQLite::Statement rows(database, select_entries(changelog_width(database), !after));
  rows.bind(1, static_cast<std::int64_t>(after.value_or(Position{}).value));
  rows.bind(2, static_cast<std::int64_t>(limit));
  std::map<TableId, TableFacts> tables;
  while (rows.executeStep()) {
    LogEntry& entry = excerpt.entries.emplace_back();
    entry.position.value = rows.getColumn(0).getInt64();
    entry.operation = word_of(rows.getColumn(2).getString());
    if (entry.operation == "base") continue;
    const TableId id = rows.getColumn(1).getInt64();
    const auto [table, fresh] = tables.try_emplace(id);
    if (fresh) table->second = look_up(database, id);
    entry.table = table->second.name;
    Key key;
    for (int i = kFirstKeyColumn; i < rows.getColumnCount(); ++i) key.push_back(read_value(rows, i));
    entry.key = shown_key(std::move(key), table->second.key_width);
  }
  if (!after) std::reverse(excerpt.entries.begin(), excerpt.entries.end());
  return excerpt;
}

}  // namespace sluice::capture
