#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/session.h"
#include "applier/write/refusal.h"
#include "capture/source.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// The rows that Postgres refused and that are quarantined, as far as this side knows, and which of them are
/// to be tried again. Used from the replicator's thread. The state has to outlive it.
class QuarantineBook {
 public:
  explicit QuarantineBook(SyncState& state) : state_(state) {}

  /// How many rows there are.
  std::int64_t size() const { return static_cast<std::int64_t>(state_.tolerance.quarantined.size()); }

  /// The next steps try them again, whether or not they have changed.
  void retry() {
    state_.retry_quarantined = true;
    state_.retried_to = {};
  }
  /// The next step quarantines this row where it is refused.
  void skip(applier::RowName row) { state_.tolerance.skipped.insert(std::move(row)); }
  /// Somebody has dropped these rows from the quarantine. Where the server can be asked, it is: one of them
  /// may have been refused again meanwhile.
  void discarded(const std::vector<applier::RowName>& rows, applier::Session* session);

  /// A row has nowhere to go whose table is no longer captured.
  void forget_rows_of_lost_tables(applier::Session& session);
  /// What a batch that was committed has come to. True where rows are left to be tried again: the next ones,
  /// or all of them, because they may have waited for those that have been let in. Only a batch that ends at
  /// a boundary has tried any.
  bool keep_account(const applier::QuarantineMoves& moves, bool at_boundary);

 private:
  SyncState& state_;
};

/// Has those rows read beside the changes that are to be tried again.
void add_keys_to_retry(const SyncState& state, capture::ReadRequest& request);

}  // namespace sluice::daemon
