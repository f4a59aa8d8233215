#include "daemon/sync/key_follow.h"

#include <algorithm>
#include <set>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/state_store.h"
#include "applier/values/identifiers.h"
#include "daemon/log/log.h"
#include "daemon/sync/position_row.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using applier::ServerTable;
using applier::TargetTable;

std::set<std::string> primary_key(const ServerTable& server) {
  std::set<std::string> key;
  for (const auto& column : server.columns) {
    if (column.in_key) key.insert(applier::quote_name(column.name));
  }
  return key;
}

/// Quoted; empty where none is found.
std::string name_of_constraint(const ServerTable& server, const std::set<std::string>& key) {
  for (const auto& index : server.uniques) {
    std::set<std::string> columns;
    for (const auto& column : index.columns) columns.insert(applier::quote_name(column));
    if (columns == key && !index.constraint.empty()) return applier::quote_name(index.constraint);
  }
  return {};
}

ApplyError refused(const ApplyError& refusal, const TargetTable& table, const KeyChange& change) {
  ApplyError error = refusal.in_words(change.what + ", and the server refuses to follow: ");
  error.fault = Fault::table;
  error.code = "schema_change_refused";
  error.table = table.source.name;
  error.hint =
      "make way for this on the server, or run it with what depends on it; sluiced then goes on by "
      "itself: " +
      change.drop + " " + change.add;
  return error;
}

/// False where the rows refuse it.
bool run(applier::Session& session, const std::string& ddl) {
  try {
    applier::Savepoint savepoint(session);
    session.exec(ddl);
    savepoint.release();
    return true;
  } catch (const ApplyError& refusal) {
    if (refusal.fault != Fault::row) throw;
    return false;
  }
}

}  // namespace

std::optional<KeyChange> key_change(const TargetTable& table, const ServerTable& server) {
  const auto names = table.key_names();
  const std::set<std::string> wanted(names.begin(), names.end());
  const auto there = primary_key(server);
  const auto written = table.column_names();
  const bool own = std::ranges::any_of(
      there, [&](const std::string& column) { return std::ranges::find(written, column) == written.end(); });
  if (there == wanted || own) return std::nullopt;
  const std::string list = applier::join(names, ", ");
  KeyChange change;
  change.what = "the key of table '" + table.source.name + "' is " + list + " in SQLite, and " +
                (there.empty() ? "none" : applier::join({there.begin(), there.end()}, ", ")) +
                " on the server";
  if (!there.empty())
    change.drop = "ALTER TABLE " + table.name + " DROP CONSTRAINT " + name_of_constraint(server, there) + ";";
  change.add = "ALTER TABLE " + table.name + " ADD PRIMARY KEY (" + list + ");";
  return change;
}

ApplyError key_changed(const TargetTable& table, const KeyChange& change) {
  ApplyError error(Fault::table, change.what);
  error.code = "key_changed";
  error.table = table.source.name;
  error.hint = "let the server follow; sluiced then goes on by itself: " + change.drop + " " + change.add;
  return error;
}

void follow_key(SyncState& state, const Known& known, const TargetTable& table, const KeyChange& change) {
  auto progress = progress_of(state, table);
  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  try {
    if (!change.drop.empty()) known.session.exec(change.drop);
    // Once the rows are copied again the table is finished anew, and then looked at once more.
    progress.unfinished = !run(known.session, change.add);
  } catch (const ApplyError& refusal) {
    if (refusal.fault != Fault::table) throw;
    throw refused(refusal, table, change);
  }
  known.session.exec(
      applier::save_progress_sql(state.target.state_schema, state.config.name, table.source.name, progress));
  transaction.commit();
  advanced_nowhere(known);
  state.progress[table.source.name] = progress;
  log_event(LogLevel::info, "schema_followed",
            {{"pipeline", state.config.name},
             {"table", table.source.name},
             {"what", change.what},
             {"ddl", change.drop + " " + (progress.unfinished ? "" : change.add)}});
}

}  // namespace sluice::daemon
