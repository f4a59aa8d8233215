#include "daemon/sync/table_fate.h"

#include <algorithm>
#include <utility>

#include "applier/values/names.h"
#include "daemon/sync/copy_version.h"

namespace sluice::daemon {
namespace {

using capture::SourceTable;

const SourceTable* only_likeness(const FollowContext& context, const Fate& fate) {
  const SourceTable* found = nullptr;
  for (const auto& table : context.catalog.tables) {
    const bool is_new = !context.progress.contains(table.name);
    if (!is_new || !applier::same_columns(table.columns, fate.remembered.columns)) continue;
    if (found != nullptr) return nullptr;
    found = &table;
  }
  return found;
}

/// ALTER TABLE RENAME leaves a table its number; where the numbers are others, its columns tell.
const SourceTable* successor(const FollowContext& context, const Fate& fate) {
  const auto& tables = context.catalog.tables;
  const SourceTable* by_number = context.same_numbers ? context.catalog.find(fate.remembered.id) : nullptr;
  if (by_number != nullptr) return by_number;
  const auto by_name = std::find_if(tables.begin(), tables.end(),
                                    [&](const SourceTable& each) { return each.name == fate.before; });
  if (by_name != tables.end()) return &*by_name;
  return context.same_numbers ? nullptr : only_likeness(context, fate);
}

}  // namespace

std::vector<Fate> find_fates(applier::Session& session, const FollowContext& context) {
  std::vector<Fate> fates;
  for (const auto& [name, progress] : context.progress) {
    auto remembered = applier::read_remembered(progress.columns);
    if (!remembered || progress.version.empty()) continue;
    Fate fate{name, progress, std::move(*remembered), nullptr, {}, {}};
    fate.now = successor(context, fate);
    if (fate.now == nullptr && !context.was_dropped(name)) continue;
    const bool as_before = fate.now != nullptr && fate.now->name == name && changes_of(context, fate).empty();
    if (as_before) continue;
    const std::string target = target_called_for(context.options, name);
    fate.server = applier::survey_server(session, context.options.schema, {target}).front().table;
    fates.push_back(std::move(fate));
  }
  return fates;
}

std::vector<applier::ColumnChange> changes_of(const FollowContext& context, const Fate& fate) {
  const auto& rule = applier::rule_of(context.options.rules, fate.now->name);
  if (fate.remembered.rule != rule_in_short(rule)) return {};
  return applier::column_changes(fate.remembered.columns, fate.now->columns);
}

std::string target_called_for(const applier::TargetOptions& options, const std::string& source_table) {
  SourceTable table;
  table.name = source_table;
  return applier::target_name(options, table);
}

}  // namespace sluice::daemon
