#include "daemon/sync/sync_state.h"

#include <utility>

#include "daemon/sync/target_place.h"

namespace sluice::daemon {

SyncState::SyncState(const PipelineConfig& pipeline, Observer observer)
    : config(pipeline),
      target(target_options(pipeline)),
      observe(std::move(observer)),
      batch_size(pipeline.apply.max_batch_changes, pipeline.apply.max_batch_bytes) {
  tolerance.everything = pipeline.on_error == OnError::quarantine;
}

applier::TableProgress& progress_of(SyncState& state, const applier::TargetTable& table) {
  return state.progress[table.source.name];
}

bool has_quarantined_rows(const SyncState& state, const std::string& table) {
  const auto& rows = state.tolerance.quarantined;
  const auto first = rows.lower_bound({table, ""});
  return first != rows.end() && first->first == table;
}

applier::BatchContext batch_context(SyncState& state) {
  const applier::TargetOptions& target = state.target;
  return {state.config.name,
          target.state_schema,
          {target.nul, target.invalid_utf8, &state.notes},
          &state.tolerance};
}

}  // namespace sluice::daemon
