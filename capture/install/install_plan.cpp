#include "capture/install/install_plan.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <set>

#include "capture/install/changelog.h"
#include "capture/install/schema_trace.h"
#include "capture/schema/survey.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

using Registry = std::map<TableId, std::string>;

/// The number in `_sluice_<number>_i`, if the name is of that form.
std::optional<TableId> captured_id(const StoredTrigger& trigger) {
  constexpr std::string_view kPrefix = "_sluice_";
  TableId id = 0;
  const char* const end = trigger.name.data() + trigger.name.size();
  if (!is_ours(trigger.name)) return std::nullopt;
  const auto [rest, error] = std::from_chars(trigger.name.data() + kPrefix.size(), end, id);
  if (error != std::errc{} || trigger.name != insert_trigger_name(id)) return std::nullopt;
  return id;
}

/// ALTER TABLE RENAME rewrites triggers but not our registry, so where a table's insert trigger stands
/// counts; its old name may meanwhile be another table's.
Registry corrected(const Registry& registry, const std::vector<StoredTrigger>& triggers) {
  Registry current = registry;
  for (const auto& trigger : triggers) {
    const auto id = captured_id(trigger);
    if (!id) continue;
    for (auto& [other, name] : current) {
      if (other != *id && folded(name) == folded(trigger.table)) name.clear();
    }
    current[*id] = trigger.table;
  }
  return current;
}

std::optional<TableId> id_of(const std::string& table, const Registry& registry) {
  for (const auto& [id, name] : registry) {
    if (folded(name) == folded(table)) return id;
  }
  return std::nullopt;
}

/// A trigger of the application that is newer than ours fires before it. Where it raises or fails, ours for
/// inserts does not run though the row may stay, nor does the one that sees a key filled in by an update; all
/// others run before the row is touched.
bool may_have_hidden_changes(const StoredTrigger& newer, const TablePlan& plan) {
  const auto names = [text = folded(newer.sql)](const char* event) {
    return text.find(event) != std::string::npos;
  };
  return names("insert") || (names("update") && notes_filled_key(plan.table));
}

void compare(TablePlan& plan, const std::vector<StoredTrigger>& triggers) {
  std::vector<StoredTrigger> ours;
  std::vector<StoredTrigger> theirs;
  for (const auto& trigger : triggers) {
    if (folded(trigger.table) != folded(plan.table.name)) continue;
    (is_ours(trigger.name) ? ours : theirs).push_back(trigger);
  }
  for (const auto& trigger : ours) plan.present.push_back(trigger.name);
  const bool equal = std::equal(ours.begin(), ours.end(), plan.triggers.begin(), plan.triggers.end(),
                                [](const StoredTrigger& stored, const TriggerDdl& expected) {
                                  return stored.name == expected.name && stored.sql == expected.sql;
                                });
  plan.captured = std::any_of(ours.begin(), ours.end(), [&](const StoredTrigger& trigger) {
    return trigger.name == insert_trigger_name(plan.id);
  });
  plan.unprotected = !equal;
  plan.rewrite = !equal;
  for (const auto& trigger : theirs) {
    if (ours.empty() || trigger.rowid < ours.back().rowid) continue;
    plan.rewrite = true;
    plan.unprotected = plan.unprotected || may_have_hidden_changes(trigger, plan);
  }
}

std::int64_t null_keys_of(SQLite::Database& database, const TableSchema& table, const NullKeys& counted) {
  const auto known = counted.find(table.name);
  return known == counted.end() ? count_null_keys(database, table) : known->second;
}

void plan_tables(SQLite::Database& database, const SourceOptions& options, const NullKeys& counted,
                 InstallPlan& plan) {
  const auto triggers = stored_triggers(database);
  const Registry registry = registered_tables(database);
  const Registry current = corrected(registry, triggers);
  for (const auto& [id, name] : current) {
    const auto known = registry.find(id);
    if (known == registry.end() || known->second != name) plan.renamed[id] = name;
  }
  TableId next = current.empty() ? 1 : current.rbegin()->first + 1;
  Survey survey = survey_tables(database, options);
  plan.left_out = std::move(survey.left_out);
  plan.idle_patterns = std::move(survey.idle_patterns);
  for (auto& table : survey.tables) {
    TablePlan each;
    const auto known = id_of(table.name, current);
    each.id = known ? *known : next;
    each.table = std::move(table);
    each.triggers = trigger_ddl(each.table, each.id);
    compare(each, triggers);
    const std::int64_t null_keys = each.captured ? 0 : null_keys_of(database, each.table, counted);
    if (!each.captured) plan.null_keys[each.table.name] = null_keys;
    if (null_keys > 0) {
      plan.left_out.push_back(
          {each.table.name,
           std::to_string(null_keys) + (null_keys == 1 ? " row" : " rows") +
               " with NULL in the key: delete them or fill the key in, then: sluicectl retry"});
      continue;
    }
    if (!known) plan.renamed[next++] = each.table.name;
    plan.width = std::max(plan.width, each.table.key.size());
    if (each.captured) plan.captured_width = std::max(plan.captured_width, each.table.key.size());
    plan.tables.push_back(std::move(each));
  }
  for (const auto& trigger : triggers) {
    const bool on_captured = std::any_of(plan.tables.begin(), plan.tables.end(), [&](const TablePlan& each) {
      return folded(each.table.name) == folded(trigger.table);
    });
    if (is_ours(trigger.name) && !on_captured && trigger.name != "_sluice_trim")
      plan.orphans.push_back(trigger.name);
  }
  plan.trim_differs = std::none_of(triggers.begin(), triggers.end(), [&](const StoredTrigger& trigger) {
    return trigger.name == "_sluice_trim" && trigger.sql == plan.trim;
  });
}

/// Tables that have lost all our triggers are others by the same name.
std::set<std::string> rebuilt_tables(const InstallPlan& plan) {
  std::set<std::string> names;
  for (const auto& each : plan.tables) {
    if (each.present.empty()) names.insert(each.table.name);
  }
  return names;
}

/// Of ours that are missing one by one.
std::int64_t dropped_triggers(const InstallPlan& plan) {
  std::int64_t dropped = 0;
  for (const auto& each : plan.tables) {
    if (!each.present.empty() && each.present.size() < each.triggers.size())
      dropped += static_cast<std::int64_t>(each.triggers.size() - each.present.size());
  }
  return dropped;
}

void plan_trace(SQLite::Database& database, InstallPlan& plan) {
  const auto before = stored_trace(database);
  const SchemaTrace now = schema_trace(database);
  plan.schema_moved = !before || before->version != now.version || before->objects != now.objects;
  // A trace that is lost tells of nothing that has come and gone.
  plan.came_and_went =
      !before || something_came_and_went(*before, now, rebuilt_tables(plan), dropped_triggers(plan));
}

}  // namespace

bool is_new_file(SQLite::Database& database) {
  SQLite::Statement ours(database, "SELECT 1 FROM main.sqlite_schema WHERE name GLOB '_sluice_*' LIMIT 1");
  return !ours.executeStep();
}

bool is_ours(std::string_view name) {
  return name.starts_with("_sluice_");
}

bool InstallPlan::nothing_to_do(bool history_known) const {
  return orphans.empty() && renamed.empty() && !changelog_missing && !trim_differs && !too_narrow &&
         !old_format && !schema_moved && !(history_broken && history_known) &&
         std::none_of(tables.begin(), tables.end(), [](const TablePlan& each) { return each.rewrite; });
}

std::vector<StoredTrigger> stored_triggers(SQLite::Database& database) {
  std::vector<StoredTrigger> triggers;
  SQLite::Statement rows(
      database,
      "SELECT rowid, name, tbl_name, sql FROM main.sqlite_schema WHERE type = 'trigger' ORDER BY rowid");
  while (rows.executeStep()) {
    triggers.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getText(),
                        rows.getColumn(2).getText(), rows.getColumn(3).getText()});
  }
  return triggers;
}

std::uint64_t trigger_fingerprint(SQLite::Statement& triggers_in_order) {
  const Rewind rewind(triggers_in_order);
  const std::hash<std::string_view> hash;
  std::uint64_t all = 0;
  while (triggers_in_order.executeStep()) {
    for (const int column : {0, 1}) {
      const SQLite::Column text = triggers_in_order.getColumn(column);
      const char* const bytes = text.getText();
      all = all * 31 + hash({bytes, static_cast<std::size_t>(text.getBytes())});
    }
  }
  return all;
}

InstallPlan plan_install(SQLite::Database& database, const SourceOptions& options, const NullKeys& counted) {
  check_format(database);
  InstallPlan plan;
  plan.trim = trim_trigger(options.capacity);
  plan.changelog_missing = !changelog_exists(database);
  plan_tables(database, options, counted, plan);
  plan.new_file = is_new_file(database);
  const bool lost_keys = !plan.changelog_missing && changelog_width(database) < plan.captured_width;
  plan.history_broken =
      !plan.new_file && (plan.changelog_missing || lost_keys || history_is_broken(database));
  plan.old_format = !plan.changelog_missing && stored_format(database) < kChangelogFormat;
  if (!plan.changelog_missing && !plan.old_format) plan_trace(database, plan);
  plan.too_narrow = plan.changelog_missing || changelog_width(database) < plan.width;
  return plan;
}

}  // namespace sluice::capture
