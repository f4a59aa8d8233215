// Replaying: read a batch after the position, apply it in one transaction with the new position.

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "applier/server/apply_error.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {

using applier::LargeBatch;
using applier::TargetTable;
using capture::Chunk;
using Phase = capture::CopyState::Phase;
using Straight = LargeBatch::Straight;

/// So much of a first copy goes into one transaction, which is what a crash can cost.
constexpr std::int64_t kMostOfACopy = 16 << 20;

Interrupted::Interrupted() : std::runtime_error("the schema or the changelog moved under a batch") {
}

StepResult Replicator::step() {
  StepResult moved;
  moved.outcome = Outcome::reinstall;
  const Renewal renewal = source_.renew();
  if (renewal != Renewal::kept) catalog_.journal_mode = source_.open().journal_mode();
  if (renewal == Renewal::unknown) return moved;
  try {
    under_way_ = {};
    notes_.clear();
    const TargetTable* table = next_to_copy();
    if (table == nullptr && row_->whole && !to_finish().empty()) return finish_tables();
    const bool verifies = !table && verification_ && !verification_->done();
    const StepResult result = table ? copy(*table) : verifies ? verify_on() : replay({});
    if (result.wrote) {
      batch_size_.arrived();
      tell_notes();
    }
    if (!result.more) end_if_moved();
    return result;
  } catch (const applier::ApplyError& error) {
    if (error.lost_connection()) batch_size_.lost(under_way_.changes, under_way_.bytes);
    throw;
  } catch (const Interrupted&) {
    return moved;
  }
}

capture::ReadRequest Replicator::request(const capture::Anchor& from, const Ride& ride) const {
  capture::ReadRequest request;
  request.from = from;
  for (const auto& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    auto& state = request.copy_states[table.source.id];
    if (found != progress_.end()) state = found->second.copy;
    if (follows_already(table)) state = {Phase::streaming, {}};
  }
  // A look at the file is a lock there, for which the application's writes have to wait.
  constexpr std::chrono::milliseconds kLongestLock{5};
  if (catalog_.journal_mode != "wal") request.limits.time = std::min(request.limits.time, kLongestLock);
  if (ride.straight) {
    request.copy_states[ride.table->source.id] = {ride.frontier.empty() ? Phase::pending : Phase::copying,
                                                  ride.frontier};
  }
  if (ride.table) request.copy = capture::CopyAsk{ride.table->source.id, ride.frontier};
  add_held_back_keys(request);
  request.limits.changes = std::min(request.limits.changes, batch_size_.changes());
  request.limits.copy_rows = std::min(request.limits.copy_rows, batch_size_.changes());
  request.limits.bytes = std::min(request.limits.bytes, batch_size_.bytes());
  return request;
}

Chunk Replicator::read(const capture::ReadRequest& request) {
  observe("read");
  auto result = source_.open().read(catalog_, request);
  if (auto* chunk = std::get_if<Chunk>(&result)) {
    under_way_.changes += chunk->changes;
    if (chunk->copy) under_way_.changes += static_cast<std::int64_t>(chunk->copy->rows.size());
    under_way_.bytes += chunk->bytes;
    read_to_ = chunk->to.position;
    return std::move(*chunk);
  }
  throw Interrupted();
}

StepResult Replicator::replay(const Ride& ride) {
  Chunk chunk = read(request(row_->applied, ride));
  if (!applier::is_small(chunk) || !noting().empty()) {
    return replay_large(std::move(chunk), ride, Reach::limits);
  }

  StepResult result;
  result.changes = chunk.changes;
  if (chunk.changes > 0 || !chunk.tables.empty()) {
    observe("apply");
    const auto held_back = applier::write_small_batch(*session_, plan_, context(), *row_, chunk);
    result.wrote = true;
    advanced(chunk.to, true);
    result.more = keep_account(held_back, true);
  }
  return result;
}

/// A commit has been confirmed: what Postgres holds now.
void Replicator::advanced(const capture::Anchor& to, bool whole) {
  row_->applied = to;
  row_->whole = whole;
  ++row_->epoch;
}

StepResult Replicator::replay_large(Chunk chunk, const Ride& ride, Reach reach) {
  try {
    return replay_chunks(chunk, ride, reach);
  } catch (const applier::ApplyError& error) {
    const bool refused = error.fault == applier::Fault::row || error.fault == applier::Fault::table;
    if (!refused || reach == Reach::boundary) throw;
  }
  // Rows are read newer than the changes that led to them, so only at a boundary is a refusal real.
  return replay_large(read(request(row_->applied, ride)), ride, Reach::boundary);
}

StepResult Replicator::replay_chunks(Chunk& chunk, Ride ride, Reach reach) {
  observe("apply");
  StepResult result;
  LargeBatch batch(*session_, plan_, context(), *row_);
  note_scans(batch);
  std::int64_t bytes = 0;
  const auto limit_reached = [&] {
    return reach == Reach::limits &&
           (result.changes + result.rows_copied >= batch_size_.changes() || bytes >= batch_size_.bytes());
  };
  // A unique value that moves to a row beyond the frontier meets its former row, which the batch deletes
  // later.
  const auto may_stream = [&] {
    return ride.straight && reach == Reach::limits && (result.changes == 0 || ride.table->uniques.empty());
  };
  // Each piece of a straight copy is read while the server is at work on the one before.
  const auto takes_another_piece = [&] {
    return ride.straight && reach == Reach::limits && chunk.copy->frontier && !limit_reached() &&
           bytes < kMostOfACopy;
  };
  while (true) {
    result.changes += chunk.changes;
    bytes += chunk.bytes;
    batch.add(chunk);
    if (chunk.copy) {
      ride.board(batch, *chunk.copy, may_stream() ? Straight::streamed : Straight::checked);
      result.rows_copied += static_cast<std::int64_t>(chunk.copy->rows.size());
      if (!takes_another_piece()) break;
      ride.frontier = *chunk.copy->frontier;
    } else if (chunk.at_boundary || limit_reached()) {
      break;
    }
    chunk = read(request(chunk.to, ride));
  }
  if (chunk.copy) ride.seal(batch, *chunk.copy, result.rows_copied);
  observe("commit");
  const auto held_back = batch.commit(chunk.to, chunk.at_boundary);

  advanced(chunk.to, chunk.at_boundary);
  const bool try_again = keep_account(held_back, chunk.at_boundary);
  if (chunk.copy) ride.arrive(*chunk.copy);
  if (!ride.copies) result.rows_copied = 0;
  result.wrote = ride.writes || result.changes > 0;
  result.whole = result.at_boundary = chunk.at_boundary;
  result.copying = copying();
  result.more = !chunk.at_boundary || result.copying || try_again;
  return result;
}

/// A copy that compares meets rows that are there: its table follows the changes before and meanwhile. What
/// the source deletes would else stay, where rows that only the target has are kept.
bool Replicator::follows_already(const TargetTable& table) const {
  const auto found = progress_.find(table.source.name);
  const bool begun = found != progress_.end() && found->second.copy.phase == Phase::copying;
  return begun ? found->second.only_in_target != applier::OnlyInTarget::unasked
               : filled_.contains(table.source.name);
}

/// The tables whose scan has noted keys up to now: what the stream writes has to be noted with them.
std::vector<const TargetTable*> Replicator::noting() const {
  std::vector<const TargetTable*> tables;
  for (const auto& table : plan_.tables) {
    if (!applier::Comparison::notes_keys(table)) continue;
    const auto found = progress_.find(table.source.name);
    const bool copied = found != progress_.end() && found->second.copy.phase == Phase::copying &&
                        found->second.only_in_target != applier::OnlyInTarget::unasked;
    const bool verified = verification_ && verification_->begun() && !verification_->done() &&
                          verification_->table() == table.source.name && !verification_->frontier().empty();
    if (copied || verified) tables.push_back(&table);
  }
  return tables;
}

void Replicator::note_scans(LargeBatch& batch) const {
  for (const TargetTable* table : noting()) batch.note_keys(*table);
}

}  // namespace sluice::daemon
