// Copying again, and accepting a new place, because a person says so.

#include <algorithm>
#include <optional>
#include <utility>

#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "daemon/sync/replicator.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {

using applier::ExistingRows;
using applier::LargeBatch;
using applier::TargetTable;

applier::SourceIdentity Replicator::here() const {
  return {catalog_.source_id, config_.source.path.string(), machine_id(config_)};
}

bool Replicator::prepare_resync() {
  load();
  const bool damaged = damage_.has_value();
  if (damaged) rewrite_state();
  if (is_a_stranger()) {
    if (evidence_.elsewhere) diverge();
    // The file at the known place is the source from now on, under an id of its own.
    source_.open().install(capture::KnownHistory{row_->applied.position, ""});
  }
  install_and_survey();
  if (!row_) start_first_time();
  evidence_ = evidence();
  return damaged || judge(evidence_).outcome != Outcome::go_on;
}

/// What can be read stays; where the target stands is taken as unknown, so that the source is held against it
/// as after an overrun of the ring.
void Replicator::rewrite_state() {
  if (row_) {
    if (row_->source.path.empty()) row_->source.path = config_.source.path.string();
    if (row_->source.host.empty()) row_->source.host = machine_id(config_);
    row_->applied = {};
    row_->epoch = 0;
    row_->whole = true;
  }
  for (auto& [name, state] : progress_) state.begin_anew(kAfterOverrun);
  applier::rewrite_state(*session_, target_.state_schema, config_.name, row_, progress_);
  load_sound();
}

std::vector<TableDifference> Replicator::compare(const std::string& only) {
  constexpr int kTries = 5;
  for (int tried = 1;; ++tried) {
    try {
      return compare_once(only);
    } catch (const Interrupted&) {
      if (tried == kTries) throw;
      install_and_survey();
    }
  }
}

std::vector<TableDifference> Replicator::compare_once(const std::string& only) {
  std::vector<TableDifference> differences;
  std::vector<TargetTable> found;
  for (const auto& table : catalog_.tables) {
    if (auto target = applier::find_target(*session_, target_, table)) {
      found.push_back(std::move(*target));
    } else if (only.empty() || only == table.name) {
      differences.push_back({table.name, table.name, 0, 0, source_.open().count_rows(table)});
    }
  }
  plan_.tables = applier::parents_first(std::move(found));
  for (const auto& table : plan_.tables) {
    if (only.empty() || only == table.source.name) differences.push_back(difference(table));
  }
  std::sort(differences.begin(), differences.end(),
            [](const auto& left, const auto& right) { return left.table < right.table; });
  return differences;
}

TableDifference Replicator::difference(const TargetTable& table) {
  observe("compare");
  LargeBatch batch(*session_, plan_, context(), *row_);
  auto ask = request(source_.open().newest(), {});
  const Gathered gathered = gather(batch, table, ask);
  const auto counts = batch.count_existing(table);
  const std::int64_t on_both_sides = counts.rows - counts.foreign;
  const bool keeps_foreign = config_.target.existing_rows == ExistingRows::merge;
  return {table.source.name, table.display_name, counts.differing, keeps_foreign ? 0 : counts.foreign,
          std::max<std::int64_t>(gathered.rows - on_both_sides, 0)};
}

/// The consent is kept by what the rows of the table are now: ours, and not of an overrun. A restart in the
/// midst of the copies finds them so.
void Replicator::begin_resync(const std::string& only) {
  plan_tables();
  const bool anew = judge(evidence_).outcome != Outcome::go_on;
  applier::PipelineRow next = *row_;
  next.source = here();
  if (anew) next.applied = source_.open().newest();
  next.whole = anew || row_->whole;

  applier::Transaction transaction(*session_);
  session_->exec(applier::advance_sql(target_.state_schema, config_.name, *row_, next.applied, next.whole));
  applier::update_source(*session_, target_.state_schema, config_.name, next.source);
  for (const auto& table : plan_.tables) {
    if (!only.empty() && only != table.source.name) continue;
    auto& state = progress(table);
    state.begin_anew(copy_version(table));
    if (!row_->migrating) state.ours = config_.target.existing_rows != ExistingRows::merge;
    session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, table.source.name, state));
  }
  if (row_->migrating) session_->exec(applier::save_migrating_sql(target_.state_schema, config_.name, false));
  transaction.commit();
  row_->source = next.source;
  row_->migrating = false;
  advanced(next.applied, next.whole);
}

void Replicator::begin_migration() {
  load_sound();
  if (!row_) return;
  if (!row_->migrating) refuse_what_diverges();
  applier::Transaction transaction(*session_);
  session_->exec(advance_nowhere());
  session_->exec(applier::save_migrating_sql(target_.state_schema, config_.name, true));
  transaction.commit();
}

/// A file that was put back is not to become the truth by the way.
void Replicator::refuse_what_diverges() {
  if (is_a_stranger()) diverge();
  if (evidence_.found_id.empty()) return;
  evidence_.match = source_.open().match(row_->applied);
  if (judge(evidence_).outcome == Outcome::diverged) diverge();
}

/// Capture goes back in where that has not been done, and every table is compared: what the migration wrote
/// was not noted. The history of the file is a new one.
void Replicator::end_migration() {
  source_.open().check_no_migration();
  prepare_resync();
  begin_resync("");
}

void Replicator::adopt() {
  load_sound();
  if (!row_) return;
  if (!is_a_stranger()) return;
  if (evidence_.found_id != evidence_.expected_id) diverge();
  applier::PipelineRow next = *row_;
  next.source.path = config_.source.path.string();
  next.source.host = machine_id(config_);
  // Moves nothing, but fences the daemon that may still run at the former place.
  applier::Transaction transaction(*session_);
  session_->exec(advance_nowhere());
  applier::update_source(*session_, target_.state_schema, config_.name, next.source);
  transaction.commit();
}

}  // namespace sluice::daemon
