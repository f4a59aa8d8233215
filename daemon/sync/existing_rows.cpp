#include "daemon/sync/existing_rows.h"

#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/rows_there.h"
#include "applier/values/identifiers.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/gathering.h"

namespace sluice::daemon {
namespace {

using applier::ExistingRows;
using applier::OnlyInTarget;
using applier::TargetTable;

std::string describe(const TargetTable& table, std::int64_t foreign, std::int64_t differing) {
  return table.display_name + " holds " + std::to_string(foreign) + " row(s) that SQLite does not have and " +
         std::to_string(differing) + " with other values";
}

applier::ApplyError existing_rows_error(const std::vector<std::string>& findings) {
  applier::ApplyError error(
      applier::Fault::table,
      "rows that were there before: " + applier::join(findings, "; ") + "; nothing was written");
  error.code = "existing_rows";
  error.hint =
      "make them equal, or set target.existing_rows to merge (keep what only Postgres has) or to replace "
      "(make the tables equal)";
  return error;
}

/// The ring that passed by has taken the record of what was deleted with it, and a file that was put back
/// looks the same from here: many rows gone at once are a person's to decide.
void check_deletions(const SyncState& state, const TargetTable& table,
                     const applier::ExistingCounts& counts) {
  constexpr std::int64_t kMostRows = 1000;
  constexpr std::int64_t kMostPercent = 1;
  if (counts.foreign <= kMostRows && counts.foreign * 100 <= counts.rows * kMostPercent) return;
  throw Diverged("resync_would_delete",
                 "changes have left the changelog before they were read, and copying again would delete " +
                     std::to_string(counts.foreign) + " of " + std::to_string(counts.rows) + " rows of " +
                     table.display_name,
                 "if SQLite is right, say so with: sluicectl resync " + state.config.name);
}

}  // namespace

void refuse_existing(const TargetTable& table, std::int64_t foreign, std::int64_t differing) {
  if (foreign + differing > 0) throw existing_rows_error({describe(table, foreign, differing)});
}

void check_existing_rows(SyncState& state, const Known& known) {
  if (state.config.target.existing_rows != ExistingRows::refuse) return;
  std::vector<std::string> findings;
  for (const auto& table : state.plan.tables) {
    const auto& progress = progress_of(state, table);
    const bool pending = progress.copy.phase == capture::CopyState::Phase::pending;
    if (!pending || progress.ours || !applier::holds_rows(known.session, table)) continue;
    const auto counts = count_existing(state, known, table);
    if (counts.foreign + counts.differing > 0)
      findings.push_back(describe(table, counts.foreign, counts.differing));
  }
  if (!findings.empty()) throw existing_rows_error(findings);
}

OnlyInTarget fate_of_unknown(SyncState& state, const Known& known, const TargetTable& table) {
  const auto wish = state.config.target.existing_rows;
  const auto& progress = progress_of(state, table);
  if (progress.only_in_target != OnlyInTarget::unasked) return progress.only_in_target;
  const bool left_out = progress.ours && progress.version == kAfterRule;
  if (left_out) return OnlyInTarget::kept;
  if (wish == ExistingRows::replace) return OnlyInTarget::deleted;
  if (progress.ours && progress.version == kAfterOverrun)
    check_deletions(state, table, count_existing(state, known, table));
  if (progress.ours) return OnlyInTarget::deleted;
  return wish == ExistingRows::refuse ? OnlyInTarget::refused : OnlyInTarget::kept;
}

void settle_unknown_rows(const SyncState& state, applier::LargeBatch& batch, const TargetTable& table,
                         OnlyInTarget fate) {
  if (fate == OnlyInTarget::deleted) return batch.delete_unknown(table);
  const auto counts = batch.count_existing(table);
  if (fate == OnlyInTarget::kept) return tell_kept_rows(state, table, counts.foreign);
  refuse_existing(table, counts.foreign, counts.differing);
}

void tell_kept_rows(const SyncState& state, const TargetTable& table, std::int64_t rows) {
  if (rows == 0) return;
  const bool merged = state.config.target.existing_rows == ExistingRows::merge;
  log_event(LogLevel::warning, merged ? "rows_only_in_postgres" : "rows_left_in_postgres",
            {{"pipeline", state.config.name}, {"table", table.source.name}, {"rows", rows}});
}

}  // namespace sluice::daemon
