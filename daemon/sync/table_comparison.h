#pragma once

#include "applier/compare/comparison.h"
#include "daemon/sync/scan.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// A scan that holds a table against what the target has, for the comparison under way, and repairs what
/// differs where that was asked for.
class TableComparison : public Scan {
 public:
  TableComparison(SyncState& state, const Settled& settled, const applier::TargetTable& table);

  bool copies() const override { return false; }
  bool writes() const override { return repairs_; }
  void write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight way) override;
  void record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) override;
  void committed(const capture::CopyChunk& last) override;

 private:
  SyncState& state_;
  const Settled& settled_;
  bool keeps_extra_;
  bool repairs_;
  applier::Findings findings_;
};

/// Nothing more is to be found of the table: what has been found goes into the verdict.
void finish_verifying(SyncState& state, const Settled& settled, const applier::TargetTable& table);

}  // namespace sluice::daemon
