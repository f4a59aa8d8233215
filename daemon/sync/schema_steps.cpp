#include "daemon/sync/schema_steps.h"

#include <map>
#include <utility>
#include <vector>

#include "applier/design/schema_change.h"
#include "applier/design/table_ddl.h"
#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/schema_follow.h"

namespace sluice::daemon {
namespace {

using applier::TableProgress;
using Progress = std::map<std::string, TableProgress>;

/// The first word of TableProgress::ddl.
std::string made_by(const std::string& ddl) {
  return ddl.substr(0, ddl.find(' '));
}

/// What is known of renamed tables goes with them; their rows are ours still.
Progress renamed_progress(const SyncState& state, applier::Session& session, const SchemaFollow& follow) {
  const std::string& schema = state.target.state_schema;
  const std::string& pipeline = state.config.name;
  Progress next = state.progress;
  std::vector<std::string> forgotten = follow.gone;
  for (const auto& [before, now] : follow.renamed) forgotten.push_back(before);
  for (const auto& name : forgotten) {
    next.erase(name);
    session.exec(applier::forget_progress_sql(schema, pipeline, name));
  }
  for (const auto& [before, now] : follow.renamed) {
    TableProgress progress = state.progress.at(before);
    begin_after_change(state, progress, now);
    next[now] = progress;
    session.exec(applier::save_progress_sql(schema, pipeline, now, progress));
  }
  return next;
}

void save(SyncState& state, const Known& known, const Progress& changed) {
  if (changed.empty()) return;
  const std::string& schema = state.target.state_schema;
  applier::Transaction transaction(known.session);
  known.session.exec(applier::hold_sql(schema, state.config.name, known.row));
  for (const auto& [name, progress] : changed)
    known.session.exec(applier::save_progress_sql(schema, state.config.name, name, progress));
  transaction.commit();
  for (const auto& [name, progress] : changed) state.progress[name] = progress;
}

}  // namespace

void follow_schema(SyncState& state, const Sides& sides) {
  if (!state.row) return;
  const Known known(sides, *state.row);
  const bool same_numbers = known.row.source.id == state.catalog.source_id;
  const auto wish = state.config.schema_changes;
  const auto was_dropped = [&](const std::string& table) { return known.source.was_dropped(table); };
  const SchemaFollow follow = plan_follow(
      known.session, {state.target, wish, state.catalog, state.progress, same_numbers, was_dropped});
  if (follow.nothing()) return;
  // A file without any table is more likely in the midst of something than meant to be so.
  const bool everything_gone = state.catalog.tables.empty() && !follow.gone.empty();
  refuse_to_follow(follow, everything_gone ? SchemaChanges::additive : wish);

  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  for (const auto& step : follow.steps) carry_out(known.session, step);
  auto next = renamed_progress(state, known.session, follow);
  transaction.commit();
  state.progress = std::move(next);
  advanced_nowhere(known);
  for (const auto& step : follow.steps)
    log_event(
        LogLevel::info, "schema_followed",
        {{"pipeline", state.config.name}, {"table", step.table}, {"what", step.what}, {"ddl", step.ddl}});
}

void begin_after_change(const SyncState& state, TableProgress& progress, const std::string& table) {
  const bool overrun = state.evidence.match == capture::Match::overrun || progress.version == kAfterOverrun;
  if (overrun) return progress.begin_anew(kAfterOverrun);
  const std::string oid = read_copy_version(progress.version).target;
  for (const auto& each : state.catalog.tables) {
    if (each.name == table) progress.begin_anew(to_string(CopyVersion{each.version, oid, {}, {}}));
  }
}

void remember_tables(SyncState& state, const Known& known) {
  Progress changed;
  for (const auto& table : state.plan.tables) {
    const auto& rule = applier::rule_of(state.target.rules, table.source.name);
    TableProgress progress = progress_of(state, table);
    progress.columns =
        to_string(applier::RememberedTable{table.source.id, rule_in_short(rule), table.source.columns});
    if (progress.columns != progress_of(state, table).columns)
      changed.emplace(table.source.name, std::move(progress));
  }
  save(state, known, changed);
}

void follow_indexes(SyncState& state, const Known& known) {
  if (state.config.schema_changes != SchemaChanges::mirror) return;
  Progress changed;
  for (const auto& design :
       design_tables(known.source, state.target, state.catalog.tables, DesignBy::schema)) {
    const auto found = state.progress.find(design.source);
    if (found == state.progress.end() || !found->second.made) continue;
    TableProgress progress = found->second;
    progress.ddl = made_by(progress.ddl) + " " + applier::index_fingerprint(design);
    if (progress.ddl == found->second.ddl) continue;
    progress.unfinished = true;
    changed.emplace(design.source, std::move(progress));
  }
  save(state, known, changed);
}

}  // namespace sluice::daemon
