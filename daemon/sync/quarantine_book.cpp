#include "daemon/sync/quarantine_book.h"

#include <algorithm>
#include <utility>

#include "applier/server/quarantine.h"

namespace sluice::daemon {
namespace {

/// Null where the row's table is no longer captured.
const applier::TargetTable* table_of(const applier::RowName& row, const applier::Plan& plan) {
  const auto found = std::find_if(plan.tables.begin(), plan.tables.end(),
                                  [&](const auto& table) { return table.source.name == row.first; });
  return found == plan.tables.end() ? nullptr : &*found;
}

/// The quarantined rows that the next batch tries again: not all at once, because they are read in one
/// snapshot and held in memory.
std::vector<applier::RowName> due_again(const SyncState& state) {
  constexpr std::size_t kAtOnce = 1000;
  std::vector<applier::RowName> due;
  if (!state.retry_quarantined) return due;
  const auto& quarantined = state.tolerance.quarantined;
  for (auto row = quarantined.upper_bound(state.retried_to); row != quarantined.end() && due.size() < kAtOnce;
       ++row) {
    due.push_back(*row);
  }
  return due;
}

}  // namespace

void QuarantineBook::discarded(const std::vector<applier::RowName>& rows, applier::Session* session) {
  for (const auto& row : rows) state_.tolerance.quarantined.erase(row);
  if (session == nullptr) return;
  // One of them may have been refused again meanwhile.
  state_.tolerance.quarantined =
      applier::quarantined_rows(*session, {state_.target.state_schema, state_.config.name}, state_.damage);
}

void QuarantineBook::forget_rows_of_lost_tables(applier::Session& session) {
  auto& quarantined = state_.tolerance.quarantined;
  std::vector<applier::RowName> lost;
  for (const auto& row : quarantined) {
    if (table_of(row, state_.plan) == nullptr) lost.push_back(row);
  }
  if (lost.empty()) return;
  session.exec(applier::resolve_sql(state_.target.state_schema, state_.config.name, lost));
  for (const auto& row : lost) quarantined.erase(row);
}

bool QuarantineBook::keep_account(const applier::QuarantineMoves& moves, bool at_boundary) {
  auto& quarantined = state_.tolerance.quarantined;
  const auto tried = due_again(state_);
  if (at_boundary && !tried.empty()) state_.retried_to = tried.back();
  for (const auto& row : moves.resolved) quarantined.erase(row);
  quarantined.insert(moves.refused.begin(), moves.refused.end());
  state_.tolerance.skipped.clear();
  state_.retry_helped = state_.retry_helped || !moves.resolved.empty();
  if (!at_boundary || !due_again(state_).empty()) return state_.retry_quarantined;
  state_.retry_quarantined = std::exchange(state_.retry_helped, false) && !quarantined.empty();
  state_.retried_to = {};
  return state_.retry_quarantined;
}

void add_keys_to_retry(const SyncState& state, capture::ReadRequest& request) {
  for (const auto& row : due_again(state)) {
    if (const auto* table = table_of(row, state.plan))
      request.also[table->source.id].push_back(capture::decode_key(row.second));
  }
}

}  // namespace sluice::daemon
