#include "daemon/sync/ending.h"

#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_queue.h"

namespace sluice::daemon {

std::vector<applier::SequenceState> write_end(const SyncState& state, const Known& known) {
  auto& session = known.session;
  const std::string& schema = state.target.state_schema;
  session.exec(applier::hold_sql(schema, state.config.name, known.row));
  auto sequences = applier::advance_sequences(session, state.plan.tables, known.source.autoincrements());
  session.exec(applier::finish_sql(schema, state.config.name));
  return sequences;
}

void end_if_moved(const SyncState& state, const Known& known) {
  if (!state.moved || copying(state)) return;
  if (!state.moved->fenced && known.row.applied.position < state.moved->position) {
    throw Diverged(
        "moved_without_fence",
        "the file has moved to Postgres without a fence, and Postgres lacks changes from before that",
        "what was written since is not known: begin anew with sluicectl uninstall --target " +
            state.config.name);
  }
  if (known.row.applied != known.source.newest()) return;
  applier::Transaction transaction(known.session);
  write_end(state, known);
  transaction.commit();
  log_event(LogLevel::info, "cutover_recorded",
            {{"pipeline", state.config.name}, {"position", known.row.applied.position.value}});
  throw has_ended(state.config.name);
}

}  // namespace sluice::daemon
