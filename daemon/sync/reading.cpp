#include "daemon/sync/reading.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "daemon/sync/copy_queue.h"
#include "daemon/sync/quarantine_book.h"

namespace sluice::daemon {

using capture::Chunk;
using Phase = capture::CopyState::Phase;

Interrupted::Interrupted() : std::runtime_error("the schema or the changelog moved under a batch") {
}

capture::ReadRequest read_after(const SyncState& state, const capture::Anchor& from) {
  capture::ReadRequest request;
  request.from = from;
  for (const auto& table : state.plan.tables) {
    const auto found = state.progress.find(table.source.name);
    auto& copy = request.copy_states[table.source.id];
    if (found != state.progress.end()) copy = found->second.copy;
    if (follows_already(state, table)) copy = {Phase::streaming, {}};
  }
  // A look at the file is a lock there, for which the application's writes have to wait.
  constexpr std::chrono::milliseconds kLongestLock{5};
  auto& limits = request.limits;
  if (state.catalog.journal_mode != "wal") limits.time = std::min(limits.time, kLongestLock);
  add_keys_to_retry(state, request);
  limits.changes = std::min(limits.changes, state.batch_size.changes());
  limits.copy_rows = std::min(limits.copy_rows, state.batch_size.changes());
  limits.bytes = std::min(limits.bytes, state.batch_size.bytes());
  return request;
}

capture::ReadRequest read_after(const SyncState& state, const capture::Anchor& from, const Scan& scan,
                                const capture::Key& frontier) {
  auto request = read_after(state, from);
  const auto table = scan.table().source.id;
  if (scan.is_straight())
    request.copy_states[table] = {frontier.empty() ? Phase::pending : Phase::copying, frontier};
  request.copy = capture::CopyAsk{table, frontier};
  return request;
}

Chunk read(SyncState& state, capture::Source& source, const capture::ReadRequest& request) {
  state.observe("read");
  auto result = source.read(state.catalog, request);
  if (auto* chunk = std::get_if<Chunk>(&result)) {
    auto& under_way = state.under_way;
    under_way.changes += chunk->changes;
    if (chunk->copy) under_way.changes += static_cast<std::int64_t>(chunk->copy->rows.size());
    under_way.bytes += chunk->bytes;
    state.read_to = chunk->to.position;
    return std::move(*chunk);
  }
  throw Interrupted();
}

}  // namespace sluice::daemon
