#include "daemon/sync/noted_keys.h"

#include <vector>

#include "applier/compare/comparison.h"
#include "daemon/sync/copy_queue.h"

namespace sluice::daemon {
namespace {

using applier::TargetTable;

bool is_being_verified(const SyncState& state, const TargetTable& table) {
  const auto& verification = state.verification;
  return verification && verification->begun() && !verification->done() &&
         verification->table() == table.source.name && !verification->frontier().empty();
}

std::vector<const TargetTable*> noted_tables(const SyncState& state) {
  std::vector<const TargetTable*> tables;
  for (const auto& table : state.plan.tables) {
    if (!applier::Comparison::notes_keys(table)) continue;
    const auto found = state.progress.find(table.source.name);
    const bool copied = found != state.progress.end() && is_compared_copy(found->second);
    if (copied || is_being_verified(state, table)) tables.push_back(&table);
  }
  return tables;
}

}  // namespace

bool notes_keys(const SyncState& state) {
  return !noted_tables(state).empty();
}

void note_keys(const SyncState& state, applier::LargeBatch& batch) {
  for (const TargetTable* table : noted_tables(state)) batch.note_keys(*table);
}

}  // namespace sluice::daemon
