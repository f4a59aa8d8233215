// Copying again, because a person says so.

#include "daemon/sync/resync.h"

#include <algorithm>
#include <utility>

#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "daemon/log/log.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/finding_units.h"
#include "daemon/sync/gathering.h"
#include "daemon/sync/installing.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/reading.h"
#include "daemon/sync/remembered.h"
#include "daemon/sync/table_plan.h"

namespace sluice::daemon {
namespace {

using applier::ExistingRows;

/// Damaged state is written anew first, which every table has then to be held against.
bool rewrite_if_damaged(SyncState& state, applier::Session& session) {
  load(state, session);
  if (!state.damage) return false;
  rewrite_damaged(state, session);
  return true;
}

Known prepare(SyncState& state, const Sides& sides) {
  if (is_a_stranger(state, sides)) {
    if (state.evidence.elsewhere) diverge(state);
    // The file at the known place is the source from now on, under an id of its own.
    sides.source.install(capture::KnownHistory{state.row->applied.position, ""});
  }
  install_and_survey(state, sides);
  const Known known = known_from_now(state, sides);
  state.evidence = find_evidence(state, sides);
  return known;
}

}  // namespace

Resync::Trial::Trial(const SyncState& state, capture::Source& source) : state_(state), source_(source) {
  if (!state.row) return;
  source.check_whole();
  passes_ = !source.identity().installed;
}

Resync::Trial::~Trial() {
  if (!passes_) return;
  try {
    source_.uninstall();
  } catch (...) {
    const auto error = report_failure(std::current_exception()).error;
    log_event(LogLevel::warning, "capture_left",
              {{"pipeline", state_.config.name},
               {"code", error.code},
               {"message", error.message},
               {"hint", "sluicectl uninstall takes it out"}});
  }
}

Resync::Resync(SyncState& state, const Sides& sides)
    : state_(state),
      rewritten_(rewrite_if_damaged(state, sides.session)),
      trial_(state, sides.source),
      known_(prepare(state, sides)),
      every_table_(rewritten_ || judge(state.evidence).outcome != Outcome::go_on) {
}

std::vector<TableDifference> Resync::compare(const std::string& only) {
  constexpr int kTries = 5;
  for (int tried = 1;; ++tried) {
    try {
      return compare_once(only);
    } catch (const Interrupted&) {
      if (tried == kTries) throw;
      install_and_survey(state_, known_);
    }
  }
}

std::vector<TableDifference> Resync::compare_once(const std::string& only) {
  std::vector<TableDifference> differences;
  std::vector<applier::TargetTable> found;
  for (const auto& table : state_.catalog.tables) {
    if (auto target = applier::find_target(known_.session, state_.target, table)) {
      give_units(state_, *target);
      found.push_back(std::move(*target));
    } else if (only.empty() || only == table.name) {
      differences.push_back({table.name, table.name, 0, 0, known_.source.count_rows(table)});
    }
  }
  state_.plan.tables = applier::parents_first(std::move(found));
  for (const auto& table : state_.plan.tables) {
    if (only.empty() || only == table.source.name) differences.push_back(difference(state_, known_, table));
  }
  std::sort(differences.begin(), differences.end(),
            [](const auto& left, const auto& right) { return left.table < right.table; });
  return differences;
}

/// The consent is kept by what the rows of the table are now: ours, and not of an overrun. A restart in the
/// midst of the copies finds them so.
void Resync::begin(const std::string& only) {
  trial_.keep();
  plan_tables(state_, known_);
  auto& row = known_.row;
  auto& session = known_.session;
  const std::string& schema = state_.target.state_schema;
  const std::string& pipeline = state_.config.name;
  applier::PipelineRow next = row;
  next.source = source_here(state_);
  if (every_table_) next.applied = known_.source.newest();
  next.whole = every_table_ || row.whole;

  applier::Transaction transaction(session);
  session.exec(applier::advance_sql(schema, pipeline, row, next.applied, next.whole));
  applier::update_source(session, schema, pipeline, next.source);
  for (const auto& table : state_.plan.tables) {
    if (!only.empty() && only != table.source.name) continue;
    auto& progress = progress_of(state_, table);
    progress.begin_anew(current_version(state_, table));
    progress.units.clear();  // sought again in the rows that there are now
    state_.units_sought.erase(table.source.name);
    if (!row.migrating) progress.ours = state_.config.target.existing_rows != ExistingRows::merge;
    session.exec(applier::save_progress_sql(schema, pipeline, table.source.name, progress));
  }
  if (row.migrating) session.exec(applier::save_migrating_sql(schema, pipeline, false));
  transaction.commit();
  row.source = next.source;
  row.migrating = false;
  advanced(row, next.applied, next.whole);
}

}  // namespace sluice::daemon
