// Replaying: read a batch after the position, apply it in one transaction with the new position.

#include <algorithm>
#include <optional>
#include <utility>

#include "applier/apply_error.h"
#include "daemon/replicator.h"

namespace sluice::daemon {

using applier::LargeBatch;
using applier::TargetTable;
using capture::Chunk;
using Phase = capture::CopyState::Phase;

Interrupted::Interrupted() : std::runtime_error("the schema or the changelog moved under a batch") {
}

StepResult Replicator::step() {
  StepResult moved;
  moved.outcome = Outcome::reinstall;
  if ((!source_ || source_->replaced()) && !reopen_source()) return moved;
  try {
    under_way_ = {};
    notes_.clear();
    const TargetTable* table = next_to_copy();
    const bool compared = table && way_to_copy(*table) == CopyWay::compared;
    const StepResult result = compared ? copy_compared(*table) : replay(table);
    if (result.wrote) {
      batch_size_.arrived();
      tell_notes();
    }
    return result;
  } catch (const applier::ApplyError& error) {
    if (error.lost_connection()) batch_size_.lost(under_way_.changes, under_way_.bytes);
    throw;
  } catch (const Interrupted&) {
    return moved;
  }
}

capture::ReadRequest Replicator::request(const capture::Anchor& from, const TargetTable* copying) const {
  capture::ReadRequest request;
  request.from = from;
  for (const auto& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    request.copy_states[table.source.id] =
        found == progress_.end() ? capture::CopyState{} : found->second.copy;
  }
  if (copying) request.copy = capture::CopyAsk{copying->source.id};
  add_held_back_keys(request);
  request.limits.changes = std::min(request.limits.changes, batch_size_.changes());
  request.limits.copy_rows = std::min(request.limits.copy_rows, batch_size_.changes());
  request.limits.bytes = std::min(request.limits.bytes, batch_size_.bytes());
  return request;
}

Chunk Replicator::read(const capture::ReadRequest& request) {
  observe("read");
  auto result = source_->read(catalog_, request);
  if (auto* chunk = std::get_if<Chunk>(&result)) {
    under_way_.changes += chunk->changes;
    if (chunk->copy) under_way_.changes += static_cast<std::int64_t>(chunk->copy->rows.size());
    under_way_.bytes += chunk->bytes;
    read_to_ = chunk->to.position;
    return std::move(*chunk);
  }
  throw Interrupted();
}

StepResult Replicator::replay(const TargetTable* copying_table) {
  Chunk chunk = read(request(row_->applied, copying_table));
  if (!applier::is_small(chunk)) {
    return replay_large(std::move(chunk), copying_table, Reach::limits);
  }

  StepResult result;
  result.changes = chunk.changes;
  if (chunk.changes > 0 || !chunk.tables.empty()) {
    observe("apply");
    const auto held_back = applier::write_small_batch(*session_, plan_, context(), *row_, chunk);
    result.wrote = true;
    advanced(chunk.to, true);
    result.more = keep_account(held_back);
  }
  return result;
}

/// A commit has been confirmed: what Postgres holds now.
void Replicator::advanced(const capture::Anchor& to, bool whole) {
  row_->applied = to;
  row_->whole = whole;
  ++row_->epoch;
}

StepResult Replicator::replay_large(Chunk chunk, const TargetTable* copying_table, Reach reach) {
  try {
    return replay_chunks(chunk, copying_table, reach);
  } catch (const applier::ApplyError& error) {
    const bool refused = error.fault == applier::Fault::row || error.fault == applier::Fault::table;
    if (!refused || reach == Reach::boundary) throw;
  }
  // Rows are read newer than the changes that led to them, so only at a boundary is a refusal real.
  return replay_large(read(request(row_->applied, copying_table)), copying_table, Reach::boundary);
}

StepResult Replicator::replay_chunks(Chunk& chunk, const TargetTable* copying_table, Reach reach) {
  observe("apply");
  StepResult result;
  LargeBatch batch(*session_, plan_, context(), *row_);
  std::int64_t bytes = 0;
  const auto limit_reached = [&] {
    return reach == Reach::limits &&
           (result.changes >= batch_size_.changes() || bytes >= batch_size_.bytes());
  };
  while (true) {
    result.changes += chunk.changes;
    bytes += chunk.bytes;
    batch.add(chunk);
    if (chunk.at_boundary || limit_reached()) break;
    chunk = read(request(chunk.to, copying_table));
  }
  std::optional<applier::TableProgress> copied;
  if (chunk.copy) copied = write_copy_piece(batch, *chunk.copy);
  observe("commit");
  const auto held_back = batch.commit(chunk.to, chunk.at_boundary);

  advanced(chunk.to, chunk.at_boundary);
  if (copied) {
    progress(*plan_.find(chunk.copy->table)) = *copied;
    result.rows_copied = static_cast<std::int64_t>(chunk.copy->rows.size());
  }
  result.wrote = true;
  result.whole = result.at_boundary = chunk.at_boundary;
  result.copying = copying();
  const bool try_again = keep_account(held_back);
  result.more = !chunk.at_boundary || result.copying || try_again;
  return result;
}

}  // namespace sluice::daemon
