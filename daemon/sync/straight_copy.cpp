#include "daemon/sync/straight_copy.h"

#include "daemon/sync/copy_queue.h"
#include "daemon/sync/evidence.h"

namespace sluice::daemon {

StraightCopy::StraightCopy(SyncState& state, const applier::TargetTable& table)
    : Scan(table, progress_of(state, table).copy.frontier), state_(state) {
}

void StraightCopy::write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight way) {
  batch.copy_straight(table(), chunk.rows, way);
}

void StraightCopy::record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) {
  next_ = progress_of(state_, table());
  next_.version = current_version(state_, table());
  next_.ours = state_.config.target.existing_rows != applier::ExistingRows::merge;
  next_.rows_copied += rows;
  next_.copy = stands_at(last);
  batch.save(table().source.name, next_);
}

void StraightCopy::committed(const capture::CopyChunk& /*last*/) {
  progress_of(state_, table()) = next_;
}

}  // namespace sluice::daemon
