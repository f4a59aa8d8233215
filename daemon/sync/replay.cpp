// Replaying: read a batch after the position, apply it in one transaction with the new position.

#include "daemon/sync/replay.h"

#include <utility>

#include "applier/server/apply_error.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/noted_keys.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/quarantine_book.h"
#include "daemon/sync/reading.h"

namespace sluice::daemon {
namespace {

using applier::LargeBatch;
using capture::Chunk;
using Straight = LargeBatch::Straight;

/// So much of a first copy goes into one transaction, which is what a crash can cost.
constexpr std::int64_t kMostOfACopy = 16 << 20;

/// How much goes into a batch: as much as the limits say, or everything up to a boundary, with care.
enum class Reach { limits, boundary };

/// A batch of chunk after chunk, in one transaction; with it goes a scan, where there is one.
class LargeReplay {
 public:
  LargeReplay(SyncState& state, const Settled& settled, Scan* scan, Reach reach)
      : state_(state),
        settled_(settled),
        scan_(scan),
        reach_(reach),
        batch_(settled.session, state.plan, batch_context(state), settled.row) {
    if (scan_ != nullptr) frontier_ = scan_->frontier();
    note_keys(state_, batch_);
  }

  /// The chunk is the first one, and has to outlive the replay.
  StepResult run(Chunk& chunk) {
    for (add(chunk); goes_on(chunk); add(chunk)) {
      if (chunk.copy) frontier_ = *chunk.copy->frontier;
      chunk = read(state_, settled_.source, next(chunk.to));
    }
    commit(chunk);
    return result_;
  }

 private:
  capture::ReadRequest next(const capture::Anchor& from) const {
    return scan_ != nullptr ? read_after(state_, from, *scan_, frontier_) : read_after(state_, from);
  }

  void add(const Chunk& chunk) {
    result_.changes += chunk.changes;
    bytes_ += chunk.bytes;
    batch_.add(chunk);
    if (!chunk.copy) return;
    scan_->write(batch_, *chunk.copy, may_stream() ? Straight::streamed : Straight::checked);
    result_.rows_copied += static_cast<std::int64_t>(chunk.copy->rows.size());
  }

  bool goes_on(const Chunk& chunk) const {
    return chunk.copy ? takes_another_chunk(*chunk.copy) : !chunk.at_boundary && !limit_reached();
  }

  bool limit_reached() const {
    return reach_ == Reach::limits && (result_.changes + result_.rows_copied >= state_.batch_size.changes() ||
                                       bytes_ >= state_.batch_size.bytes());
  }

  /// A unique value that moves to a row beyond the frontier meets its former row, which the batch deletes
  /// later.
  bool may_stream() const {
    return scan_->is_straight() && reach_ == Reach::limits &&
           (result_.changes == 0 || scan_->table().uniques.empty());
  }

  /// Each chunk of a straight copy is read while the server is at work on the one before.
  bool takes_another_chunk(const capture::CopyChunk& copied) const {
    return scan_->is_straight() && reach_ == Reach::limits && copied.frontier && !limit_reached() &&
           bytes_ < kMostOfACopy;
  }

  void commit(const Chunk& last) {
    if (last.copy) scan_->record(batch_, *last.copy, result_.rows_copied);
    state_.observe("commit");
    const auto moves = batch_.commit(last.to, last.at_boundary);

    advanced(settled_.row, last.to, last.at_boundary);
    const bool try_again = QuarantineBook(state_).keep_account(moves, last.at_boundary);
    if (last.copy) scan_->committed(*last.copy);
    if (scan_ != nullptr && !scan_->copies()) result_.rows_copied = 0;
    result_.wrote = scan_ == nullptr || scan_->writes() || result_.changes > 0;
    result_.whole = result_.at_boundary = last.at_boundary;
    result_.copying = copying(state_);
    result_.more = !last.at_boundary || result_.copying || try_again;
  }

  SyncState& state_;
  const Settled& settled_;
  Scan* scan_;  ///< null without
  Reach reach_;
  LargeBatch batch_;
  capture::Key frontier_;  ///< of the scan, up to the chunk that is added last
  std::int64_t bytes_ = 0;
  StepResult result_;
};

capture::ReadRequest first_request(const SyncState& state, const Settled& settled, const Scan* scan) {
  const auto& from = settled.row.applied;
  return scan != nullptr ? read_after(state, from, *scan, scan->frontier()) : read_after(state, from);
}

StepResult replay_large(SyncState& state, const Settled& settled, Scan* scan, Chunk chunk, Reach reach) {
  state.observe("apply");
  return LargeReplay(state, settled, scan, reach).run(chunk);
}

StepResult replay_large(SyncState& state, const Settled& settled, Scan* scan, Chunk chunk) {
  try {
    return replay_large(state, settled, scan, std::move(chunk), Reach::limits);
  } catch (const applier::ApplyError& error) {
    const bool refused = error.fault == applier::Fault::row || error.fault == applier::Fault::table;
    if (!refused) throw;
  }
  // Rows are read newer than the changes that led to them, so only at a boundary is a refusal real.
  Chunk again = read(state, settled.source, first_request(state, settled, scan));
  return replay_large(state, settled, scan, std::move(again), Reach::boundary);
}

StepResult replay_small(SyncState& state, const Settled& settled, const Chunk& chunk) {
  StepResult result;
  result.changes = chunk.changes;
  if (chunk.changes == 0 && chunk.tables.empty()) return result;
  state.observe("apply");
  const auto moves =
      applier::write_small_batch(settled.session, state.plan, batch_context(state), settled.row, chunk);
  result.wrote = true;
  advanced(settled.row, chunk.to, true);
  result.more = QuarantineBook(state).keep_account(moves, true);
  return result;
}

StepResult replay_with(SyncState& state, const Settled& settled, Scan* scan) {
  Chunk chunk = read(state, settled.source, first_request(state, settled, scan));
  if (applier::is_small(chunk) && !notes_keys(state)) return replay_small(state, settled, chunk);
  return replay_large(state, settled, scan, std::move(chunk));
}

}  // namespace

StepResult replay(SyncState& state, const Settled& settled) {
  return replay_with(state, settled, nullptr);
}

StepResult replay(SyncState& state, const Settled& settled, Scan& scan) {
  return replay_with(state, settled, &scan);
}

}  // namespace sluice::daemon
