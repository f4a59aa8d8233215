#pragma once

#include <cstdint>
#include <utility>

#include "applier/batch.h"
#include "applier/server/target_table.h"
#include "capture/change.h"

namespace sluice::daemon {

/// A scan of one table in the order of its key, whose next chunk is read and written with a batch; a copy, a
/// compared copy and a comparison are its kinds. Where a batch is refused and begun again, so is the scan's
/// part in it: only what committed() takes note of stays. The table has to outlive it.
class Scan {
 public:
  using LargeBatch = applier::LargeBatch;

  virtual ~Scan() = default;
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  const applier::TargetTable& table() const { return table_; }
  /// The last key of the chunks before; empty before the first.
  const capture::Key& frontier() const { return frontier_; }

  /// Several chunks may go with one batch, and changes beyond the frontier wait for theirs.
  virtual bool is_straight() const { return false; }
  /// Else its rows are only compared.
  virtual bool copies() const { return true; }
  /// Else a batch without changes has done nothing.
  virtual bool writes() const { return true; }

  /// Writes a chunk with the batch, or holds it against what the target has.
  virtual void write(LargeBatch& batch, const capture::CopyChunk& chunk, LargeBatch::Straight way) = 0;
  /// Before the commit: what is to be remembered of the scan with it. `rows`: of all chunks of the batch.
  virtual void record(LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) = 0;
  /// After it.
  virtual void committed(const capture::CopyChunk& last) = 0;

 protected:
  Scan(const applier::TargetTable& table, capture::Key frontier)
      : table_(table), frontier_(std::move(frontier)) {}

 private:
  const applier::TargetTable& table_;
  const capture::Key frontier_;
};

}  // namespace sluice::daemon
