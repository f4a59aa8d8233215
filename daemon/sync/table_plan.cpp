#include "daemon/sync/table_plan.h"

#include <optional>
#include <utility>
#include <vector>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/server_table.h"
#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "daemon/log/log.h"
#include "daemon/sync/first_values.h"
#include "daemon/sync/key_follow.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/schema_steps.h"
#include "daemon/sync/source_place.h"
#include "daemon/sync/table_making.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::TargetTable;

ApplyError missing_table(const applier::TargetOptions& options, const capture::SourceTable& table) {
  ApplyError error(applier::Fault::table, "table '" + table.name + "' is missing in schema '" +
                                              options.schema + "' and is not to be created");
  error.code = "table_missing";
  error.table = table.name;
  error.hint = applier::in_one_line(applier::create_table_sql(options, table)) + ";";
  return error;
}

/// Once: the table may come yet, or its name may be a slip.
void tell_idle_rules(SyncState& state) {
  for (const auto& table : idle_rules(state.config, state.catalog)) {
    if (!state.told_rules.insert(table).second) continue;
    log_event(LogLevel::warning, "rule_without_table", {{"pipeline", state.config.name}, {"table", table}});
  }
}

/// The new column and the copy of its rows belong together: the rows have changed without any trigger.
void add_column(SyncState& state, const Known& known, const capture::SourceTable& table,
                const std::string& ddl) {
  auto& progress = state.progress.at(table.name);
  begin_after_change(state, progress, table.name);
  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  known.session.exec(ddl);
  known.session.exec(
      applier::save_progress_sql(state.target.state_schema, state.config.name, table.name, progress));
  transaction.commit();
  advanced_nowhere(known);
}

/// The table as it is once its key is the source's.
TargetTable with_its_key(SyncState& state, const Sides& sides, TargetTable table,
                         const applier::ServerTable& server) {
  const auto progress = state.progress.find(table.source.name);
  const bool ours = state.row && progress != state.progress.end() && progress->second.made;
  const auto change = ours ? key_change(table, server) : std::nullopt;
  if (!change) return table;
  const bool mirrors = state.config.schema_changes == SchemaChanges::mirror;
  if (!mirrors && change->drop.empty()) return table;  // somebody has taken it out
  if (!mirrors) throw key_changed(table, *change);
  follow_key(state, {sides, *state.row}, table, *change);
  return applier::find_target(sides.session, state.target, table.source).value();
}

/// Nothing where the table is to be made.
std::optional<TargetTable> fit_target(SyncState& state, const Sides& sides, const capture::SourceTable& table,
                                      const applier::ServerSurvey& survey) {
  const bool halts = state.config.schema_changes == SchemaChanges::halt;
  const auto found_progress = state.progress.find(table.name);
  const bool running =
      state.row && found_progress != state.progress.end() && !found_progress->second.version.empty();
  try {
    if (auto found = applier::find_target(sides.session, state.target, table, survey))
      return with_its_key(state, sides, std::move(*found), *survey.table);
  } catch (const ApplyError& error) {
    // A column that the application has added since: it follows by itself, and its rows are copied again.
    const bool additive = running && error.code == "column_missing" && state.target.create_tables && !halts;
    if (!additive) throw;
    add_column(state, {sides, *state.row}, table, error.hint);
    return fit_target(state, sides, table,
                      applier::survey_targets(sides.session, state.target, {table}).front());
  }
  const bool running_pipeline = state.row.has_value();
  if (!state.target.create_tables || (running_pipeline && halts)) throw missing_table(state.target, table);
  return std::nullopt;
}

/// A batch is refused for one table at a time, and others may have got their first rows by it as well.
void follow_misfits(SyncState& state, const Sides& sides, std::vector<TargetTable>& tables) {
  const bool misfit = std::exchange(state.misfit, false);
  if (!state.row || state.config.schema_changes == SchemaChanges::halt) return;
  for (auto& table : tables) {
    if (!misfit && !has_quarantined_rows(state, table.source.name)) continue;
    if (follow_first_values(state, {sides, *state.row}, table))
      table = applier::find_target(sides.session, state.target, table.source).value();
  }
}

}  // namespace

void plan_tables(SyncState& state, const Sides& sides) {
  tell_idle_rules(state);
  applier::refuse_shared_targets(state.target, state.catalog.tables);
  follow_schema(state, sides);
  state.finishing.reset();
  std::vector<TargetTable> tables;
  std::vector<capture::SourceTable> missing;
  const auto surveys = applier::survey_targets(sides.session, state.target, state.catalog.tables);
  for (std::size_t i = 0; i < surveys.size(); ++i) {
    if (auto found = fit_target(state, sides, state.catalog.tables[i], surveys[i])) {
      tables.push_back(std::move(*found));
    } else {
      missing.push_back(state.catalog.tables[i]);
    }
  }
  follow_misfits(state, sides, tables);
  if (!missing.empty()) make_tables(state, sides, missing, tables);
  const auto made = applier::survey_targets(sides.session, state.target, missing);
  for (std::size_t i = 0; i < made.size(); ++i)
    tables.push_back(applier::find_target(sides.session, state.target, missing[i], made[i]).value());
  state.plan.tables = applier::parents_first(std::move(tables));
}

}  // namespace sluice::daemon
