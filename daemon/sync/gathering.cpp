#include "daemon/sync/gathering.h"

#include <algorithm>

#include "daemon/sync/reading.h"

namespace sluice::daemon {

using applier::LargeBatch;
using applier::TargetTable;
using Phase = capture::CopyState::Phase;

Gathered gather(SyncState& state, capture::Source& source, LargeBatch& batch, const TargetTable& table,
                capture::ReadRequest& ask) {
  Gathered gathered;
  batch.gather(table, {});
  auto& copy = ask.copy_states[table.source.id];
  copy = {};
  ask.copy = capture::CopyAsk{table.source.id, {}};
  while (copy.phase != Phase::streaming) {
    const auto chunk = read(state, source, ask);
    batch.add(chunk);
    gathered.changes += chunk.changes;
    ask.from = chunk.to;
    if (!chunk.copy) continue;
    batch.gather(table, chunk.copy->rows);
    gathered.rows += static_cast<std::int64_t>(chunk.copy->rows.size());
    ask.copy->frontier = chunk.copy->frontier.value_or(capture::Key{});
    copy = {chunk.copy->frontier ? Phase::copying : Phase::streaming, ask.copy->frontier};
  }
  ask.copy.reset();
  return gathered;
}

applier::ExistingCounts count_existing(SyncState& state, const Known& known, const TargetTable& table) {
  state.observe("check_existing");
  LargeBatch batch(known.session, state.plan, batch_context(state), known.row);
  auto ask = read_after(state, known.row.applied);
  gather(state, known.source, batch, table, ask);
  return batch.count_existing(table);
}

TableDifference difference(SyncState& state, const Known& known, const TargetTable& table) {
  state.observe("compare");
  LargeBatch batch(known.session, state.plan, batch_context(state), known.row);
  auto ask = read_after(state, known.source.newest());
  const Gathered gathered = gather(state, known.source, batch, table, ask);
  const auto counts = batch.count_existing(table);
  const std::int64_t on_both_sides = counts.rows - counts.foreign;
  const bool keeps_foreign = state.config.target.existing_rows == applier::ExistingRows::merge;
  return {table.source.name, table.display_name, counts.differing, keeps_foreign ? 0 : counts.foreign,
          std::max<std::int64_t>(gathered.rows - on_both_sides, 0)};
}

}  // namespace sluice::daemon
