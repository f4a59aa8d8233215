#include "daemon/sync/position_row.h"

#include "applier/server/state_store.h"

namespace sluice::daemon {

std::string advance_nowhere(const SyncState& state, const Known& known) {
  const auto& row = known.row;
  return applier::advance_sql(state.target.state_schema, state.config.name, row, row.applied, row.whole);
}

void advanced(applier::PipelineRow& row, const capture::Anchor& to, bool whole) {
  row.applied = to;
  row.whole = whole;
  ++row.epoch;
}

void advanced_nowhere(const Known& known) {
  ++known.row.epoch;
}

}  // namespace sluice::daemon
