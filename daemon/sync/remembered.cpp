#include "daemon/sync/remembered.h"

#include <utility>

#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {

namespace {

/// A server that a failover or a backup has set back: what it had confirmed goes over once more.
void tell_lost(const SyncState& state, const std::optional<applier::PipelineRow>& stored) {
  if (!state.row || !stored || stored->source.id != state.row->source.id) return;
  const auto lost = state.row->applied.position.value - stored->applied.position.value;
  if (lost <= 0) return;
  log_event(LogLevel::warning, "server_went_back",
            {{"pipeline", state.config.name},
             {"changes", lost},
             {"from", state.row->applied.position.value},
             {"to", stored->applied.position.value},
             {"hint",
              "the server has lost changes that it had confirmed, as after a failover or a restore; "
              "they are brought over again"}});
}

}  // namespace

void load(SyncState& state, applier::Session& session) {
  state.settled = false;
  auto stored = applier::load_state(session, state.target.state_schema, state.config.name);
  tell_lost(state, stored.pipeline);
  state.row = std::move(stored.pipeline);
  state.progress = std::move(stored.tables);
  state.tolerance.quarantined = std::move(stored.quarantined);
  state.damage = std::move(stored.damage);
  if (state.row && state.row->finished) throw has_ended(state.config.name);
}

void load_sound(SyncState& state, applier::Session& session) {
  load(state, session);
  if (state.damage) throw *state.damage;
}

void rewrite_damaged(SyncState& state, applier::Session& session) {
  if (state.row) {
    auto& row = *state.row;
    if (row.source.path.empty()) row.source.path = state.config.source.path.string();
    if (row.source.host.empty()) row.source.host = machine_id(state.config);
    row.applied = {};
    row.epoch = 0;
    row.whole = true;
  }
  for (auto& [name, progress] : state.progress) progress.begin_anew(kAfterOverrun);
  applier::rewrite_state(session, state.target.state_schema, state.config.name, state.row, state.progress);
  load_sound(state, session);
}

applier::SourceIdentity source_here(const SyncState& state) {
  return {state.catalog.source_id, state.config.source.path.string(), machine_id(state.config)};
}

Known start_first_time(SyncState& state, const Sides& sides) {
  applier::PipelineRow row;
  row.source = source_here(state);
  row.applied = sides.source.newest();
  applier::create_pipeline(sides.session, state.target.state_schema, state.config.name, row);
  return {sides, state.row.emplace(row)};
}

Known known_from_now(SyncState& state, const Sides& sides) {
  if (!state.row) return start_first_time(state, sides);
  return {sides, *state.row};
}

}  // namespace sluice::daemon
