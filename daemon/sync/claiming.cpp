#include "daemon/sync/claiming.h"

#include <algorithm>
#include <map>
#include <string>

#include "applier/server/claims.h"
#include "applier/server/state_store.h"

namespace sluice::daemon {
namespace {

using applier::TableProgress;

/// What is remembered otherwise than it is now: by the source table's name.
std::map<std::string, TableProgress> claims_to_change(const SyncState& state) {
  std::map<std::string, TableProgress> changed;
  std::map<std::string, std::string> now;
  for (const auto& table : state.plan.tables) now[table.source.name] = table.name;
  for (const auto& [name, progress] : state.progress) now.try_emplace(name);  // replicated no more
  for (const auto& [name, target] : now) {
    const auto found = state.progress.find(name);
    TableProgress progress = found == state.progress.end() ? TableProgress{} : found->second;
    if (progress.target == target) continue;
    progress.target = target;
    changed.emplace(name, std::move(progress));
  }
  return changed;
}

}  // namespace

void claim_targets(SyncState& state, const Known& known) {
  auto changed = claims_to_change(state);
  if (changed.empty()) return;
  const std::string& schema = state.target.state_schema;
  const std::string& pipeline = state.config.name;
  applier::Transaction transaction(known.session);
  known.session.exec(applier::hold_sql(schema, pipeline, known.row));
  applier::lock_claims(known.session);
  const auto theirs = applier::claims_in_the_way(known.session, schema, pipeline, state.plan.tables);
  if (!theirs.empty()) throw applier::target_owned(theirs.front());
  for (const auto& [name, progress] : changed)
    known.session.exec(applier::save_progress_sql(schema, pipeline, name, progress));
  transaction.commit();
  for (auto& [name, progress] : changed) state.progress[name] = std::move(progress);
}

}  // namespace sluice::daemon
