// Following: what the application has done to its tables is done on the server, or told.

#include <map>
#include <utility>
#include <vector>

#include "applier/design/schema_change.h"
#include "applier/design/table_ddl.h"
#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/replicator.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/schema_follow.h"

namespace sluice::daemon {
namespace {

/// The first word of TableProgress::ddl.
std::string made_by(const std::string& ddl) {
  return ddl.substr(0, ddl.find(' '));
}

}  // namespace

using applier::TableProgress;

/// In one transaction with what is remembered, so that no crash can come between the two. The rows of what
/// has changed are compared afterwards: its version is another.
void Replicator::follow_schema() {
  if (!row_) return;
  const bool same_numbers = row_->source.id == catalog_.source_id;
  const auto was_dropped = [this](const std::string& table) { return source_.open().was_dropped(table); };
  const SchemaFollow follow = plan_follow(
      *session_, {target_, config_.schema_changes, catalog_, progress_, same_numbers, was_dropped});
  if (follow.nothing()) return;
  // A file without any table is more likely in the midst of something than meant to be so.
  const bool everything_gone = catalog_.tables.empty() && !follow.gone.empty();
  refuse_to_follow(follow, everything_gone ? SchemaChanges::additive : config_.schema_changes);

  applier::Transaction transaction(*session_, applier::Queueing::brief);
  session_->exec(advance_nowhere());
  for (const auto& step : follow.steps) carry_out(*session_, step);
  auto next = renamed_progress(follow);
  transaction.commit();
  progress_ = std::move(next);
  advanced(row_->applied, row_->whole);
  for (const auto& step : follow.steps)
    log_event(LogLevel::info, "schema_followed",
              {{"pipeline", config_.name}, {"table", step.table}, {"what", step.what}, {"ddl", step.ddl}});
}

/// What is known of renamed tables goes with them; their rows are ours still.
std::map<std::string, TableProgress> Replicator::renamed_progress(const SchemaFollow& follow) {
  auto next = progress_;
  std::vector<std::string> forgotten = follow.gone;
  for (const auto& [before, now] : follow.renamed) forgotten.push_back(before);
  for (const auto& name : forgotten) {
    next.erase(name);
    session_->exec(applier::forget_progress_sql(target_.state_schema, config_.name, name));
  }
  for (const auto& [before, now] : follow.renamed) {
    TableProgress state = progress_.at(before);
    begin_after_change(state, now);
    next[now] = state;
    session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, now, state));
  }
  return next;
}

/// The copy starts over. After an overrun its deletions have still to be agreed to.
void Replicator::begin_after_change(TableProgress& state, const std::string& table) {
  const bool overrun = evidence_.match == capture::Match::overrun || state.version == kAfterOverrun;
  if (overrun) return state.begin_anew(kAfterOverrun);
  const std::string oid = read_copy_version(state.version).target;
  for (const auto& each : catalog_.tables) {
    if (each.name == table) state.begin_anew(to_string(CopyVersion{each.version, oid, {}, {}}));
  }
}

/// So that the next look can tell what has changed.
void Replicator::remember_tables() {
  std::map<std::string, TableProgress> changed;
  for (const auto& table : plan_.tables) {
    const auto& rule = applier::rule_of(target_.rules, table.source.name);
    TableProgress state = progress(table);
    state.columns =
        to_string(applier::RememberedTable{table.source.id, rule_in_short(rule), table.source.columns});
    if (state.columns != progress(table).columns) changed.emplace(table.source.name, std::move(state));
  }
  save(changed);
}

/// Under mirror the indexes and foreign keys of tables that Sluice has made follow as well, by the same step
/// that makes them after a copy.
void Replicator::follow_indexes() {
  if (config_.schema_changes != SchemaChanges::mirror) return;
  std::map<std::string, TableProgress> changed;
  for (const auto& design : design_tables(source_.open(), target_, catalog_.tables, DesignBy::schema)) {
    const auto found = progress_.find(design.source);
    if (found == progress_.end() || !found->second.made) continue;
    TableProgress state = found->second;
    state.ddl = made_by(state.ddl) + " " + applier::index_fingerprint(design);
    if (state.ddl == found->second.ddl) continue;
    state.unfinished = true;
    changed.emplace(design.source, std::move(state));
  }
  save(changed);
}

void Replicator::save(const std::map<std::string, TableProgress>& changed) {
  if (changed.empty()) return;
  applier::Transaction transaction(*session_);
  session_->exec(applier::hold_sql(target_.state_schema, config_.name, *row_));
  for (const auto& [name, state] : changed)
    session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, name, state));
  transaction.commit();
  for (const auto& [name, state] : changed) progress_[name] = state;
}

}  // namespace sluice::daemon
