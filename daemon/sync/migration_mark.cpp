#include "daemon/sync/migration_mark.h"

#include <memory>

#include "applier/server/state_store.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/link.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/resync.h"

namespace sluice::daemon {
namespace {

/// A file that was put back is not to become the truth by the way.
void refuse_what_diverges(SyncState& state, const Known& known) {
  if (is_a_stranger(state, known)) diverge(state);
  if (state.evidence.found_id.empty()) return;
  state.evidence.match = known.source.match(known.row.applied);
  if (judge(state.evidence).outcome == Outcome::diverged) diverge(state);
}

}  // namespace

void begin_migration(const PipelineConfig& config) {
  SyncState state(config, [](const char* /*step*/) {});
  Link link(state, std::make_shared<applier::Lifeline>());
  const Sides sides = link.open();
  if (state.damage) throw *state.damage;
  if (!state.row) return;
  const Known known(sides, *state.row);
  if (!known.row.migrating) refuse_what_diverges(state, known);
  applier::Transaction transaction(known.session);
  known.session.exec(advance_nowhere(state, known));
  known.session.exec(applier::save_migrating_sql(state.target.state_schema, state.config.name, true));
  transaction.commit();
}

void end_migration(SyncState& state, const Sides& sides) {
  sides.source.check_no_migration();
  Resync(state, sides).begin("");
}

}  // namespace sluice::daemon
