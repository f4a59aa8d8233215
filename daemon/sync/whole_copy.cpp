#include "daemon/sync/whole_copy.h"

#include <map>

#include "daemon/sync/copy_queue.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/existing_rows.h"
#include "daemon/sync/gathering.h"
#include "daemon/sync/noted_keys.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/quarantine_book.h"
#include "daemon/sync/reading.h"

namespace sluice::daemon {
namespace {

using applier::LargeBatch;
using applier::OnlyInTarget;
using applier::TargetTable;
using Phase = capture::CopyState::Phase;
using Tables = std::vector<const TargetTable*>;

/// What has become of each table, to be remembered once it is committed.
using Outcomes = std::map<const TargetTable*, applier::TableProgress>;

Outcomes gather_all(SyncState& state, const Settled& settled, LargeBatch& batch, const Tables& tables,
                    capture::ReadRequest& ask, StepResult& result) {
  Outcomes next;
  for (const TargetTable* table : tables) ask.copy_states[table->source.id] = {};
  for (const TargetTable* table : tables) {
    const Gathered gathered = gather(state, settled.source, batch, *table, ask);
    result.changes += gathered.changes;
    result.rows_copied += gathered.rows;
    next[table] = progress_of(state, *table);
    next[table].rows_copied = gathered.rows;
  }
  return next;
}

void record(const SyncState& state, LargeBatch& batch, const TargetTable& table,
            applier::TableProgress& next) {
  next.ours = state.config.target.existing_rows != applier::ExistingRows::merge;
  next.version = current_version(state, table);
  next.only_in_target = OnlyInTarget::unasked;
  next.copy = {Phase::streaming, {}};
  batch.save(table.source.name, next);
  batch.forget_keys(table);
}

}  // namespace

StepResult copy_whole(SyncState& state, const Settled& settled, const Tables& tables) {
  std::map<const TargetTable*, OnlyInTarget> fates;
  for (const TargetTable* table : tables) fates[table] = fate_of_unknown(state, settled, *table);
  state.observe("apply");
  StepResult result;
  LargeBatch batch(settled.session, state.plan, batch_context(state), settled.row);
  note_keys(state, batch);
  auto ask = read_after(state, settled.row.applied);
  Outcomes next = gather_all(state, settled, batch, tables, ask, result);
  for (const TargetTable* table : tables) {
    settle_unknown_rows(state, batch, *table, fates[table]);
    record(state, batch, *table, next[table]);
  }
  state.observe("commit");
  const auto moves = batch.commit(ask.from, true);

  for (const auto& [table, progress] : next) {
    progress_of(state, *table) = progress;
    state.filled.erase(table->source.name);
  }
  advanced(settled.row, ask.from, true);
  result.wrote = true;
  result.copying = copying(state);
  const bool try_again = QuarantineBook(state).keep_account(moves, true);
  result.more = result.copying || try_again;
  return result;
}

}  // namespace sluice::daemon
