#include "daemon/sync/settlement.h"

#include <algorithm>
#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/state_fields.h"
#include "daemon/sync/claiming.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/ending.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/existing_rows.h"
#include "daemon/sync/finding_units.h"
#include "daemon/sync/installing.h"
#include "daemon/sync/migration_mark.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/quarantine_book.h"
#include "daemon/sync/reading.h"
#include "daemon/sync/refusing_indexes.h"
#include "daemon/sync/remembered.h"
#include "daemon/sync/schema_steps.h"
#include "daemon/sync/table_plan.h"

namespace sluice::daemon {
namespace {

/// A copy that goes on behind a key of another kind would find nothing there, and end.
void refuse_strange_frontiers(const SyncState& state) {
  for (const auto& table : state.plan.tables) {
    const auto found = state.progress.find(table.source.name);
    if (found == state.progress.end() || found->second.copy.frontier.empty()) continue;
    const capture::Key& frontier = found->second.copy.frontier;
    const bool fits = frontier.size() == table.source.key.size() &&
                      (!table.source.key_is_rowid || std::holds_alternative<std::int64_t>(frontier.front()));
    if (!fits)
      throw applier::state_damaged(
          {state.target.state_schema, state.config.name},
          "column frontier of table table_copy is no key of table '" + table.source.name + "'");
  }
}

/// Nothing would ever go over, and nothing says whether that was meant. No fault of the file, of which every
/// event would be looked at, our own opening and closing included.
applier::ApplyError no_tables(const SyncState& state) {
  constexpr std::size_t kFew = 4;
  std::vector<std::string> reasons;
  for (const auto& [setting, pattern] : state.catalog.idle_patterns)
    reasons.push_back("; " + setting + " '" + pattern + "' matches none");
  for (const auto& table : state.catalog.not_captured)
    reasons.push_back("; " + table.name + ": " + table.reason);
  std::string message = "there is no table to replicate in " + state.config.source.path.string();
  for (std::size_t i = 0; i < std::min(kFew, reasons.size()); ++i) message += reasons[i];
  if (reasons.size() > kFew) message += "; and " + std::to_string(reasons.size() - kFew) + " more";
  applier::ApplyError error(applier::Fault::table, message);
  error.code = "no_tables";
  error.hint = "make one, or correct tables.include and tables.exclude; then: sluicectl retry " +
               state.config.name + ", or wait for retry.halted_interval; all the reasons: sluicectl check " +
               state.config.name;
  return error;
}

/// The tables, and what has become of those that were copied.
Known survey_tables(SyncState& state, const Sides& sides) {
  plan_tables(state, sides);
  refuse_strange_frontiers(state);
  QuarantineBook(state).forget_rows_of_lost_tables(sides.session);
  note_copies(state);
  note_filled_tables(state, sides);
  state.judgement = judge(state.evidence);
  const Known known = known_from_now(state, sides);
  claim_targets(state, known);
  find_units(state, known);
  remember_tables(state, known);
  follow_indexes(state, known);
  drop_refusing_indexes(state, known);
  return known;
}

}  // namespace

Outcome settle(SyncState& state, const Sides& sides) {
  load_sound(state, sides.session);
  if (state.row && state.row->migrating) end_migration(state, sides);
  if (is_a_stranger(state, sides)) return Outcome::diverged;
  state.observe("install");
  install_and_survey(state, sides);
  state.observe("settle");
  state.evidence = find_evidence(state, sides);
  if (judge(state.evidence).outcome == Outcome::diverged) return Outcome::diverged;
  const Known known = survey_tables(state, sides);
  try {
    if (state.judgement.outcome == Outcome::go_on) {
      check_existing_rows(state, known);
      end_if_moved(state, known);
    }
  } catch (const Interrupted&) {
    return Outcome::reinstall;
  }
  if (state.plan.tables.empty() && !state.moved) throw no_tables(state);
  state.settled = true;
  return state.judgement.outcome;
}

std::optional<Settled> settled(SyncState& state, const Sides& sides) {
  if (!state.settled || !state.row) return std::nullopt;
  return Settled(Known(sides, *state.row));
}

/// The rows are there, whatever became of the changes. After an overrun the position moves to where the
/// copies start.
void copy_again(SyncState& state, const Settled& settled) {
  const bool overrun = state.judgement.outcome == Outcome::resync_all;
  const capture::Anchor from = overrun ? settled.source.newest() : settled.row.applied;
  applier::LargeBatch batch(settled.session, state.plan, batch_context(state), settled.row);
  for (const auto& name : state.judgement.copy_again) {
    auto& progress = state.progress[name];
    const auto now = read_copy_version(state.evidence.versions.at(name));
    const auto before = read_copy_version(progress.version);
    if (another_name(before, now)) progress.ours = false;  // it may hold rows of somebody else's
    const bool rule = another_rule_alone(before, now);
    progress.begin_anew(overrun ? kAfterOverrun : rule ? kAfterRule : state.evidence.versions.at(name));
    batch.save(name, progress);
  }
  const bool whole = overrun || settled.row.whole;
  batch.commit(from, whole);
  advanced(settled.row, from, whole);
  note_filled_tables(state, settled);
}

}  // namespace sluice::daemon
