#include "capture/install/installer.h"

#include <sqlite3.h>

#include <algorithm>

#include "capture/install/changelog.h"
#include "capture/install/install_plan.h"
#include "capture/install/moved.h"
#include "capture/install/schema_trace.h"
#include "capture/install/sql_template.h"
#include "capture/values.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

void drop_triggers(SQLite::Database& database, const std::vector<std::string>& names) {
  for (const auto& name : names) database.exec("DROP TRIGGER main." + quote_name(name));
}

void register_table(SQLite::Database& database, TableId id, const std::string& name) {
  SQLite::Statement row(database, render(sql::changelog, "register"));
  row.bind(1, static_cast<std::int64_t>(id));
  row.bind(2, name);
  row.exec();
}

/// In the transaction that puts the triggers in, so that no crash can come between the two.
void raise_generation(SQLite::Database& database, TableId id) {
  SQLite::Statement row(database, render(sql::changelog, "raise_generation"));
  row.bind(1, static_cast<std::int64_t>(id));
  row.exec();
}

void create_triggers(SQLite::Database& database, const TablePlan& plan) {
  try {
    for (const auto& trigger : plan.triggers) database.exec(trigger.sql);
  } catch (const SQLite::Exception& refusal) {
    if (refusal.getErrorCode() != SQLITE_ERROR) throw;
    throw SourceError("trigger_refused", "SQLite refuses a trigger on table '" + plan.table.name + "'",
                      "leave the table out with tables.exclude, and report its CREATE statements");
  }
}

InstallReport carry_out(SQLite::Database& database, const InstallPlan& plan,
                        const std::optional<KnownHistory>& known) {
  InstallReport report;
  report.changelog_created = create_changelog(database, plan.new_file);
  migrate_changelog(database);
  widen_changelog(database, plan.width);
  if (report.changelog_created) lay_base(database, known ? known->last : Position{});
  if (plan.history_broken && known) restart_history(database, *known);
  drop_triggers(database, plan.orphans);
  if (plan.trim_differs || report.changelog_created) {
    database.exec("DROP TRIGGER IF EXISTS main._sluice_trim");
    database.exec(plan.trim);
  }
  for (const auto& [id, name] : plan.renamed) {
    register_table(database, id, name);
    raise_generation(database, id);  // whoever was copied under the old name may be taken back to it
  }
  for (const auto& each : plan.tables) {
    if (each.rewrite) drop_triggers(database, each.present);
  }
  for (const auto& each : plan.tables) {
    if (each.rewrite) {
      create_triggers(database, each);
      report.installed.push_back(each.table.name);
    }
    if (!each.unprotected && !plan.came_and_went) continue;
    raise_generation(database, each.id);
    report.unprotected.push_back(each.id);
  }
  store_trace(database, schema_trace(database));
  return report;
}

SourceTable source_table(const TablePlan& plan) {
  SourceTable table;
  table.id = plan.id;
  table.name = plan.table.name;
  table.key_is_rowid = plan.table.key_is_rowid;
  if (plan.table.rowid_is_hidden) table.hidden_rowid = plan.table.rowid;
  table.parents = plan.table.parents;
  std::vector<std::size_t> places;  // of each column among the readable ones
  for (const auto& column : plan.table.columns) {
    places.push_back(table.columns.size());
    if (!column.readable || !column.wanted) continue;
    table.columns.push_back({column.name, column.declared_type, column.not_null, column.generated});
  }
  for (const std::size_t i : plan.table.key) table.key.push_back(places[i]);
  for (const auto& collation : plan.table.key_collations) table.key_collations.push_back(folded(collation));
  table.where = plan.table.where;
  if (plan.table.rowid_is_hidden) table.columns.back().name = kRowidColumn;
  return table;
}

/// BINARY compares the bytes that are in the file.
void note_encoding(SQLite::Database& database, std::vector<SourceTable>& tables) {
  if (database.execAndGet("PRAGMA main.encoding").getString() == "UTF-8") return;
  for (SourceTable& table : tables) {
    std::replace(table.key_collations.begin(), table.key_collations.end(), std::string("binary"),
                 std::string("utf16"));
  }
}

}  // namespace

InstallReport install(SQLite::Database& database, const SourceOptions& options,
                      const std::optional<KnownHistory>& known, const std::function<void()>& allow_writes) {
  NullKeys null_keys;
  {
    SQLite::Transaction look(database);
    refuse_moved(database);
    const InstallPlan plan = plan_install(database, options);
    if (plan.nothing_to_do(known.has_value())) return {};
    null_keys = plan.null_keys;
  }
  allow_writes();
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  refuse_moved(database);
  const InstallReport report = carry_out(database, plan_install(database, options, null_keys), known);
  transaction.commit();
  return report;
}

Identity identity(SQLite::Database& database) {
  SQLite::Transaction look(database);
  return {!is_new_file(database), stored_format(database) > 0 ? source_id(database) : ""};
}

std::vector<std::string> missing(SQLite::Database& database, const SourceOptions& options) {
  SQLite::Transaction look(database);
  if (moved(database)) return {};
  const InstallPlan plan = plan_install(database, options);
  std::vector<std::string> names = plan.orphans;
  if (plan.changelog_missing || plan.history_broken || plan.too_narrow) names.push_back("_sluice_changelog");
  if (plan.trim_differs) names.push_back("_sluice_trim");
  if (plan.old_format || plan.schema_moved) names.push_back("_sluice_meta");
  if (!plan.renamed.empty()) names.push_back("_sluice_table");
  for (const auto& each : plan.tables) {
    if (!each.rewrite) continue;
    for (const auto& trigger : each.triggers) names.push_back(trigger.name);
  }
  return names;
}

bool uninstall(SQLite::Database& database, const std::function<void()>& allow_writes) {
  const char* const kOurs =
      "SELECT type, name FROM main.sqlite_schema WHERE name GLOB '_sluice_*' "
      "AND type IN ('table', 'trigger') ORDER BY type DESC";
  if (!SQLite::Statement(database, kOurs).executeStep()) return false;
  check_format(database);
  allow_writes();
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  std::vector<std::string> drops;  // triggers first: a trigger without its changelog makes every write fail
  {
    SQLite::Statement ours(database, kOurs);
    while (ours.executeStep()) {
      drops.push_back("DROP " + std::string(ours.getColumn(0).getText()) + " main." +
                      quote_name(ours.getColumn(1).getText()));
    }
  }
  for (const auto& drop : drops) database.exec(drop);
  transaction.commit();
  return true;
}

Catalog preview(SQLite::Database& database, const SourceOptions& options) {
  SQLite::Transaction look(database);
  Catalog result;
  result.schema_version = database.execAndGet("PRAGMA main.schema_version").getInt64();
  result.journal_mode = database.execAndGet("PRAGMA main.journal_mode").getText();
  InstallPlan plan = plan_install(database, options);
  result.not_captured = std::move(plan.left_out);
  result.idle_patterns = std::move(plan.idle_patterns);
  for (const auto& each : plan.tables) result.tables.push_back(source_table(each));
  return result;
}

Catalog catalog(SQLite::Database& database, const SourceOptions& options) {
  SQLite::Transaction look(database);
  Catalog result;
  result.schema_version = database.execAndGet("PRAGMA main.schema_version").getInt64();
  SQLite::Statement triggers(database, kTriggersInOrder);
  result.triggers = trigger_fingerprint(triggers);
  check_format(database);
  require_changelog(database);
  result.source_id = source_id(database);
  result.journal_mode = database.execAndGet("PRAGMA main.journal_mode").getText();
  InstallPlan plan = plan_install(database, options);
  result.not_captured = std::move(plan.left_out);
  result.idle_patterns = std::move(plan.idle_patterns);
  const bool has_moved = moved(database).has_value();
  for (const auto& each : plan.tables) {
    if (each.captured || (has_moved && was_captured(database, each.id))) {
      result.tables.push_back(source_table(each));
      auto& word = result.tables.back().version = version(database, each.id, each.table.name);
      // VACUUM gives rows new rowids, of which no trigger tells, but a new schema version does.
      if (each.table.rowid_is_hidden) word += "-" + std::to_string(result.schema_version);
    } else {
      result.not_captured.push_back({each.table.name, "its triggers are missing: install puts them in"});
    }
  }
  note_encoding(database, result.tables);
  return result;
}

}  // namespace sluice::capture
