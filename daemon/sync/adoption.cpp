#include "daemon/sync/adoption.h"

#include "applier/server/state_store.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/remembered.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {

void adopt(SyncState& state, const Sides& sides) {
  load_sound(state, sides.session);
  if (!state.row) return;
  if (!is_a_stranger(state, sides)) return;
  if (state.evidence.found_id != state.evidence.expected_id) diverge(state);
  const Known known(sides, *state.row);
  applier::SourceIdentity next = known.row.source;
  next.path = state.config.source.path.string();
  next.host = machine_id(state.config);
  // Moves nothing, but fences the daemon that may still run at the former place.
  applier::Transaction transaction(known.session);
  known.session.exec(advance_nowhere(state, known));
  applier::update_source(known.session, state.target.state_schema, state.config.name, next);
  transaction.commit();
}

}  // namespace sluice::daemon
