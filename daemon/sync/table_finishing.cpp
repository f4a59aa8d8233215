#include "daemon/sync/table_finishing.h"

#include <string>
#include <vector>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/made_indexes.h"
#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_queue.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/table_making.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using applier::NameHolder;
using applier::TableDesign;

/// Goes by the types that the tables have been given.
std::vector<TableDesign> design_unfinished(const SyncState& state, const Settled& settled) {
  const auto tables = tables_to_finish(state);
  auto designs = design_tables(settled.source, state.target, with_parents(state, tables), DesignBy::rows,
                               state.plan.tables);
  std::erase_if(designs, [&](const auto& design) { return !is_among(tables, design.source); });
  return designs;
}

/// False where the server refuses, which is told and does not stop the stream: the rows are there all the
/// same.
bool try_ddl(const SyncState& state, const Settled& settled, const TableDesign& design, const char* event,
             const std::string& name, const std::string& sql) {
  auto& session = settled.session;
  try {
    applier::Transaction transaction(session, applier::Queueing::brief);
    session.exec(advance_nowhere(state, settled));
    session.exec(sql);
    transaction.commit();
  } catch (const ApplyError& refusal) {
    if (refusal.fault != Fault::row && refusal.fault != Fault::table) throw;
    log_event(LogLevel::warning, event,
              {{"pipeline", state.config.name},
               {"table", design.source},
               {"name", name},
               {"sqlstate", refusal.sqlstate},
               {"message", refusal.told(log_shows_values())},
               {"remedy", sql + ";"}});
    return false;
  }
  advanced_nowhere(settled);
  return true;
}

/// Those that Sluice has made carry a mark of their DDL, so that one which is another by now, or is gone, is
/// told from the owner's. What is there under the name is the owner's, too.
void make_indexes(const SyncState& state, const Settled& settled, const TableDesign& design) {
  auto& session = settled.session;
  auto before = applier::made_indexes(session, design);
  const auto drop = [&](const std::string& name) {
    before.erase(name);
    try_ddl(state, settled, design, "index_not_dropped", name, applier::drop_index_sql(design, name));
  };
  for (auto index : design.indexes) {
    const NameHolder holder = applier::holder_of(session, design, index.name);
    if (holder == NameHolder::another) index.name = applier::other_index_name(design, index.name);
    const auto found = before.find(index.name);
    const bool outdated = found != before.end() && found->second != applier::index_mark(design, index);
    if (outdated) drop(index.name);
    before.erase(index.name);
    if (!outdated && applier::holder_of(session, design, index.name) != NameHolder::nobody) continue;
    try_ddl(state, settled, design, "index_not_made", index.name, applier::make_index_sql(design, index));
  }
  while (!before.empty()) drop(std::string(before.begin()->first));
}

/// A row that points nowhere was fine with SQLite: it stays, and the constraint says that it was not checked.
void make_foreign_keys(const SyncState& state, const Settled& settled, const TableDesign& design) {
  for (const auto& key : design.foreign_keys) {
    const std::string add = applier::add_foreign_key_sql(design, key, applier::Validity::not_yet);
    if (!try_ddl(state, settled, design, "foreign_key_not_made", key.name, add)) continue;
    try_ddl(state, settled, design, "foreign_key_not_valid", key.name,
            applier::validate_foreign_key_sql(design, key));
  }
}

void note_finished(SyncState& state, const Settled& settled) {
  const auto tables = tables_to_finish(state);
  applier::Transaction transaction(settled.session);
  settled.session.exec(advance_nowhere(state, settled));
  for (const auto& table : tables) {
    auto progress = state.progress[table.name];
    progress.unfinished = false;
    settled.session.exec(
        applier::save_progress_sql(state.target.state_schema, state.config.name, table.name, progress));
  }
  transaction.commit();
  for (const auto& table : tables) state.progress[table.name].unfinished = false;
  advanced_nowhere(settled);
  state.finishing.reset();
}

}  // namespace

StepResult finish_tables(SyncState& state, const Settled& settled) {
  state.observe("finish");
  if (!state.finishing) state.finishing = Finishing{design_unfinished(state, settled), 0};
  Finishing& finishing = *state.finishing;
  StepResult result;
  result.wrote = result.more = result.copying = true;
  if (finishing.indexed < finishing.designs.size()) {
    make_indexes(state, settled, finishing.designs[finishing.indexed]);
    ++finishing.indexed;
    return result;
  }
  for (const auto& design : finishing.designs) make_foreign_keys(state, settled, design);
  note_finished(state, settled);
  result.outcome = Outcome::reinstall;  // the plan knows nothing of the constraints that the server has now
  return result;
}

}  // namespace sluice::daemon
