#pragma once

#include <string>
#include <vector>

#include "daemon/report/resync.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Copying tables again because a person says so, diverged or not. Constructed: capture has been put in, and
/// Postgres knows the pipeline. It may have been written to the source; another settle() follows. A file that
/// had nothing of ours, which may be somebody else's, has nothing of ours again where nobody consents.
class Resync {
 public:
  /// Throws Diverged where the file is not where Postgres knows it, or the pipeline has ended.
  Resync(SyncState& state, const Sides& sides);

  /// Has every table to be copied again, because the history of the file is not the one that Postgres knows?
  bool every_table() const { return every_table_; }

  /// What copying a table again would do to the target, or all of them for an empty name. Writes nothing
  /// there.
  std::vector<TableDifference> compare(const std::string& only);

  /// Has the table, or all, copied again whatever it deletes, and the position moved to where the copies
  /// start if the history is another.
  void begin(const std::string& only);

 private:
  /// Capture, put in only to look: taken out again, unless it is kept.
  class Trial {
   public:
    Trial(const SyncState& state, capture::Source& source);
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    void keep() { passes_ = false; }

   private:
    const SyncState& state_;
    capture::Source& source_;
    bool passes_ = false;
  };

  std::vector<TableDifference> compare_once(const std::string& only);

  SyncState& state_;
  bool rewritten_;  ///< what the server remembers was damaged
  Trial trial_;     ///< before anything is put in, which may fail half way
  Known known_;
  bool every_table_;
};

}  // namespace sluice::daemon
