#include "daemon/sync/copy_queue.h"

#include <set>

#include "applier/server/rows_there.h"

namespace sluice::daemon {

using applier::TargetTable;
using Phase = capture::CopyState::Phase;

namespace {

/// Does a row of the one point at a row of the other, by way of others or not?
bool leads_to(const SyncState& state, const TargetTable& one, const TargetTable& other) {
  std::set<unsigned> seen;
  std::vector<const TargetTable*> next{&one};
  while (!next.empty()) {
    const TargetTable& from = *next.back();
    next.pop_back();
    for (const unsigned parent : from.parents) {
      if (parent == other.oid) return true;
      if (!seen.insert(parent).second) continue;
      for (const auto& table : state.plan.tables) {
        if (table.oid == parent) next.push_back(&table);
      }
    }
  }
  return false;
}

}  // namespace

std::vector<const TargetTable*> tables_to_copy(const SyncState& state) {
  std::vector<const TargetTable*> tables;
  for (const TargetTable& table : state.plan.tables) {
    const auto found = state.progress.find(table.source.name);
    if (found == state.progress.end() || found->second.copy.phase != Phase::streaming)
      tables.push_back(&table);
  }
  return tables;
}

const TargetTable* next_to_copy(const SyncState& state) {
  const auto tables = tables_to_copy(state);
  return tables.empty() ? nullptr : tables.front();
}

std::vector<const TargetTable*> tables_in_cycle(const SyncState& state, const TargetTable& table) {
  std::vector<const TargetTable*> cycle;
  for (const TargetTable* other : tables_to_copy(state)) {
    const bool both = other == &table || (leads_to(state, table, *other) && leads_to(state, *other, table));
    if (both) cycle.push_back(other);
  }
  return cycle;
}

std::vector<capture::SourceTable> tables_to_finish(const SyncState& state) {
  std::vector<capture::SourceTable> tables;
  for (const auto& table : state.plan.tables) {
    const auto found = state.progress.find(table.source.name);
    if (found != state.progress.end() && found->second.unfinished) tables.push_back(table.source);
  }
  return tables;
}

bool copying(const SyncState& state) {
  return next_to_copy(state) != nullptr || !tables_to_finish(state).empty();
}

bool is_compared_copy(const applier::TableProgress& progress) {
  return progress.copy.phase == Phase::copying && progress.only_in_target != applier::OnlyInTarget::unasked;
}

bool follows_already(const SyncState& state, const TargetTable& table) {
  const auto found = state.progress.find(table.source.name);
  const bool begun = found != state.progress.end() && found->second.copy.phase == Phase::copying;
  return begun ? is_compared_copy(found->second) : state.filled.contains(table.source.name);
}

capture::CopyState stands_at(const capture::CopyChunk& chunk) {
  if (!chunk.frontier) return {Phase::streaming, {}};
  return {Phase::copying, *chunk.frontier};
}

void note_filled_tables(SyncState& state, const Sides& sides) {
  state.filled.clear();
  std::vector<const TargetTable*> pending;
  for (const TargetTable* table : tables_to_copy(state)) {
    if (progress_of(state, *table).copy.phase == Phase::pending) pending.push_back(table);
  }
  const auto filled = applier::hold_rows(sides.session, pending);
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (filled[i]) state.filled.insert(pending[i]->source.name);
  }
}

}  // namespace sluice::daemon
