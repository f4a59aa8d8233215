#include "daemon/sync/finding_units.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "applier/server/state_store.h"
#include "applier/values/time_units.h"
#include "daemon/log/log.h"

namespace sluice::daemon {
namespace {

using applier::TargetColumn;
using applier::TargetTable;
using applier::TypeRule;
using applier::UnitProof;
using Units = std::map<std::string, TypeRule::Kind>;

const std::string& source_name(const TargetTable& table, const TargetColumn& column) {
  return table.source.columns[column.source].name;
}

/// Keys are read in one form, which a rule chooses.
bool has_unit(const TargetTable& table, const TargetColumn& column) {
  const auto& key = table.source.key;
  return applier::counts(column.kind) && applier::reads_by_unit(column.rule) &&
         std::ranges::find(key, column.source) == key.end();
}

/// Only now may the rows tell: before they are copied, or where some have been refused.
bool is_worth_a_look(const SyncState& state, const std::string& table) {
  if (state.units_doubted.contains(table)) return true;
  if (has_quarantined_rows(state, table)) return true;
  const auto progress = state.progress.find(table);
  const bool pending =
      progress == state.progress.end() || progress->second.copy.phase == capture::CopyState::Phase::pending;
  return pending && !state.units_sought.contains(table);
}

std::vector<const TargetColumn*> columns_without(const Units& known, const TargetTable& table) {
  std::vector<const TargetColumn*> columns;
  for (const auto& column : table.columns) {
    if (has_unit(table, column) && !known.contains(source_name(table, column))) columns.push_back(&column);
  }
  return columns;
}

/// Of the columns that have none yet.
Units seek_units(capture::Source& source, const Units& known, const TargetTable& table) {
  Units units;
  const auto columns = columns_without(known, table);
  if (columns.empty()) return units;
  std::vector<UnitProof> proofs(columns.size(), UnitProof(applier::unit_by_convention(source.table_names())));
  source.sample(table.source, [&](const capture::Row& row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&row[columns[i]->source])) proofs[i].note(*number);
    }
  });
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (const auto unit = proofs[i].unit()) units.emplace(source_name(table, *columns[i]), *unit);
  }
  return units;
}

void tell(const SyncState& state, const std::string& table, const Units& units) {
  for (const auto& [column, unit] : units) {
    log_event(
        LogLevel::info, "unit_found",
        {{"pipeline", state.config.name}, {"table", table}, {"column", column}, {"unit", word_of(unit)}});
  }
}

void remember(SyncState& state, const Known& known, const std::map<std::string, Units>& found) {
  const std::string& schema = state.target.state_schema;
  const std::string& pipeline = state.config.name;
  applier::Transaction transaction(known.session);
  known.session.exec(applier::hold_sql(schema, pipeline, known.row));
  for (const auto& [table, units] : found) {
    applier::TableProgress progress = state.progress[table];
    progress.units.insert(units.begin(), units.end());
    known.session.exec(applier::save_progress_sql(schema, pipeline, table, progress));
  }
  transaction.commit();
  for (const auto& [table, units] : found) state.progress[table].units.insert(units.begin(), units.end());
}

}  // namespace

void find_units(SyncState& state, const Known& known) {
  std::map<std::string, Units> found;
  for (const auto& table : state.plan.tables) {
    const std::string& name = table.source.name;
    if (!is_worth_a_look(state, name)) continue;
    if (auto units = seek_units(known.source, progress_of(state, table).units, table); !units.empty())
      found.emplace(name, std::move(units));
    state.units_sought.insert(name);
    state.units_doubted.erase(name);
  }
  if (!found.empty()) remember(state, known, found);
  for (const auto& [table, units] : found) tell(state, table, units);
  for (auto& table : state.plan.tables) give_units(state, table);
}

void give_units(const SyncState& state, TargetTable& table) {
  const auto progress = state.progress.find(table.source.name);
  if (progress == state.progress.end()) return;
  for (auto& column : table.columns) {
    const auto unit = progress->second.units.find(source_name(table, column));
    if (unit != progress->second.units.end() && has_unit(table, column)) column.unit = unit->second;
  }
}

}  // namespace sluice::daemon
