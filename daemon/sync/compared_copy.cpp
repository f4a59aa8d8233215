#include "daemon/sync/compared_copy.h"

#include <utility>

#include "daemon/sync/copy_queue.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/existing_rows.h"

namespace sluice::daemon {

using applier::OnlyInTarget;

ComparedCopy::ComparedCopy(SyncState& state, const applier::TargetTable& table, OnlyInTarget fate)
    : Scan(table, progress_of(state, table).copy.frontier), state_(state), fate_(fate) {
}

void ComparedCopy::write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight /*way*/) {
  const auto repair = fate_ == OnlyInTarget::deleted ? applier::Repair::left_out_too : applier::Repair::rows;
  findings_ = batch.compare(table(), {&chunk, applier::scanned_to(frontier())}, repair);
  if (fate_ == OnlyInTarget::refused)
    refuse_existing(table(), findings_.extra + findings_.left_out, findings_.differing);
}

void ComparedCopy::record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) {
  next_ = progress_of(state_, table());
  next_.version = current_version(state_, table());
  next_.rows_copied += rows;
  next_.copy = stands_at(last);
  next_.only_in_target = last.frontier ? fate_ : OnlyInTarget::unasked;
  if (!last.frontier) next_.ours = state_.config.target.existing_rows != applier::ExistingRows::merge;
  batch.save(table().source.name, next_);
}

void ComparedCopy::committed(const capture::CopyChunk& last) {
  const std::string& name = table().source.name;
  progress_of(state_, table()) = next_;
  if (fate_ == OnlyInTarget::kept) state_.kept_rows[name] += findings_.extra + findings_.left_out;
  if (last.frontier) return;
  state_.filled.erase(name);
  tell_kept_rows(state_, table(), std::exchange(state_.kept_rows[name], 0));
}

}  // namespace sluice::daemon
