#pragma once

#include "applier/server/progress.h"
#include "daemon/sync/scan.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// The copy of a table whose target holds nothing: it takes the rows as they come, chunk by chunk.
class StraightCopy : public Scan {
 public:
  StraightCopy(SyncState& state, const applier::TargetTable& table);

  bool is_straight() const override { return true; }
  void write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight way) override;
  void record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) override;
  void committed(const capture::CopyChunk& last) override;

 private:
  SyncState& state_;
  applier::TableProgress next_;
};

}  // namespace sluice::daemon
