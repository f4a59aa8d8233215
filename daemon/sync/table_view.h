#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "applier/server/progress.h"
#include "daemon/sync/guard.h"
#include "daemon/sync/sync_state.h"

/// What can be said of a pipeline, as far as this side knows.
namespace sluice::daemon {

/// What can be said of one table.
struct TableView {
  std::string name;
  std::string target;
  applier::TableProgress progress;
  std::int64_t rows_total = 0;
  std::vector<std::string>
      units;  ///< "at: unix_ms": what the numbers in columns of times have proven to count
};

std::vector<TableView> view_tables(const SyncState& state);

/// How far Postgres is from being a copy.
Standing standing(const SyncState& state);

}  // namespace sluice::daemon
