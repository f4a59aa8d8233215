#include "capture/read/chunk_builder.h"

#include <algorithm>

#include "capture/values.h"

namespace sluice::capture {

ChunkBuilder::ChunkBuilder(RowReader& rows, const Catalog& catalog, const ReadRequest& request)
    : rows_(rows),
      catalog_(catalog),
      request_(request),
      deadline_(std::chrono::steady_clock::now() + request.limits.time) {
  chunk_.from = request.from;
  chunk_.to = request.from;
}

void ChunkBuilder::add(const Entry& entry) {
  chunk_.to = entry.anchor;
  ++chunk_.changes;
  const SourceTable* const table = catalog_.find(entry.table);
  if (table == nullptr) return;  // the base, or a table that is not captured any more
  Key key = entry.keys;
  key.resize(table->key.size());
  if (!is_copied_later(*table, key)) look_up(*table, entry.op, std::move(key));
}

bool ChunkBuilder::is_full() const {
  return chunk_.changes >= request_.limits.changes || chunk_.bytes >= request_.limits.bytes || out_of_time();
}

void ChunkBuilder::add_keys() {
  for (const auto& [id, keys] : request_.also) {
    const SourceTable* const table = catalog_.find(id);
    if (table == nullptr) continue;
    for (const Key& key : keys) {
      const bool fits = key.size() == table->key.size();
      if (fits && !is_copied_later(*table, key)) look_up(*table, 'u', key);
    }
  }
}

void ChunkBuilder::add_copy() {
  if (!request_.copy) return;
  const SourceTable* const table = catalog_.find(request_.copy->table);
  if (table == nullptr) return;
  chunk_.copy = rows_.scan(*table, request_.copy->frontier, [&](std::int64_t rows, std::int64_t bytes) {
    return rows >= request_.limits.copy_rows || bytes >= request_.limits.bytes || out_of_time();
  });
  for (const Row& row : chunk_.copy->rows) {
    for (const Value& value : row) chunk_.bytes += size_of(value);
  }
}

/// The copy will bring this key as it is by then.
bool ChunkBuilder::is_copied_later(const SourceTable& table, const Key& key) {
  const auto state = request_.copy_states.find(table.id);
  if (state == request_.copy_states.end() || state->second.phase == CopyState::Phase::streaming) return false;
  if (state->second.phase == CopyState::Phase::pending || state->second.frontier.empty()) return true;
  return rows_.is_beyond(table, key, state->second.frontier);
}

void ChunkBuilder::look_up(const SourceTable& table, char op, Key key) {
  const auto [place, first] = netting_.try_emplace(table.id, Netting{chunk_.tables.size(), {}});
  if (first) chunk_.tables.push_back({table.id, {}, true});
  TableChanges& changes = chunk_.tables[place->second.place];
  changes.inserts_only = changes.inserts_only && op == 'i';
  if (!place->second.seen.insert(encode(key)).second) return;
  KeyState state{std::move(key), std::nullopt};
  state.row = rows_.find(table, state.key);
  if (state.row && !settle_key(table, state, place->second)) return;
  for (const Value& value : state.key) chunk_.bytes += size_of(value);
  if (state.row) {
    for (const Value& value : *state.row) chunk_.bytes += size_of(value);
  }
  changes.keys.push_back(std::move(state));
}

/// In a column without affinity 1 and 1.0 are one key to SQLite: the row says which it is now. False when
/// that key is in the chunk already.
bool ChunkBuilder::settle_key(const SourceTable& table, KeyState& state, Netting& netting) {
  Key stored;
  for (const std::size_t i : table.key) stored.push_back((*state.row)[i]);
  if (stored == state.key) return true;
  state.key = std::move(stored);
  return netting.seen.insert(encode(state.key)).second;
}

bool ChunkBuilder::out_of_time() const {
  return std::chrono::steady_clock::now() >= deadline_;
}

}  // namespace sluice::capture
