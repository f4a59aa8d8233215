#pragma once

#include "applier/compare/comparison.h"
#include "applier/server/progress.h"
#include "daemon/sync/scan.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// The copy of a table whose target holds rows: it is compared chunk by chunk, and what differs is written.
class ComparedCopy : public Scan {
 public:
  /// `fate`: what becomes of rows that only the target has.
  ComparedCopy(SyncState& state, const applier::TargetTable& table, applier::OnlyInTarget fate);

  void write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight way) override;
  void record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) override;
  void committed(const capture::CopyChunk& last) override;

 private:
  SyncState& state_;
  applier::OnlyInTarget fate_;
  applier::Findings findings_;
  applier::TableProgress next_;
};

}  // namespace sluice::daemon
