#include "daemon/inspect/wait_view.h"

#include "applier/server/apply_error.h"
#include "applier/server/waits.h"
#include "applier/values/identifiers.h"
#include "daemon/base/redact.h"
#include "daemon/sync/target_place.h"

namespace sluice::daemon {
namespace {

using applier::LockHolder;
using applier::ServerWait;
using std::chrono::seconds;

constexpr seconds kConnectTimeout{3};
constexpr seconds kLockTimeout{2};
constexpr seconds kStatementTimeout{3};

std::string locked_thing(const ServerWait& wait) {
  const bool row = wait.lock == "tuple" || wait.lock == "transactionid";
  if (row)
    return wait.table.empty() ? "a row that another transaction has written" : "a row of table " + wait.table;
  if (!wait.table.empty()) return "table " + wait.table;
  return wait.lock == "advisory" ? "an advisory lock" : "one of type " + wait.lock;
}

std::string describe(const ServerWait& wait) {
  if (!wait.holder) return "";
  const LockHolder& holder = *wait.holder;
  std::string text = holder.pid == 0 ? "prepared transaction " + holder.name
                                     : holder.name + ", pid " + std::to_string(holder.pid);
  if (!holder.role.empty()) text += ", user " + holder.role;
  return wait.holders > 1 ? text + ", and " + std::to_string(wait.holders - 1) + " more" : text;
}

std::string way_out(const ServerWait& wait) {
  if (!wait.holder) return "end the transaction that holds it; sluiced then goes on by itself";
  const LockHolder& holder = *wait.holder;
  const std::string open = holder.open_at.empty() ? "" : " (open since " + holder.open_at + ")";
  const std::string end =
      holder.pid == 0 ? "ROLLBACK PREPARED " + applier::quote_literal(holder.name) + "; (or COMMIT PREPARED)"
                      : "SELECT pg_terminate_backend(" + std::to_string(holder.pid) + ");";
  return "end that transaction" + open + " where it was begun, or on the server: " + end +
         " sluiced then goes on by itself";
}

Waiting for_server(const std::string& what, const PipelineConfig& config) {
  return {
      .kind = Waiting::For::connection,
      .what = what + redact_url(config.target.url),
      .who = "",
      .since = {},
      .hint =
          "see whether the server, a pooler before it and the network are well; sluiced connects again by "
          "itself"};
}

std::optional<Waiting> told(const std::optional<ServerWait>& wait, const PipelineConfig& config) {
  if (!wait || wait->kind == ServerWait::Kind::idle) return for_server("an answer of ", config);
  if (wait->kind == ServerWait::Kind::work) return std::nullopt;
  if (wait->kind == ServerWait::Kind::lock)
    return Waiting{Waiting::For::lock, locked_thing(*wait), describe(*wait), {}, way_out(*wait)};
  return Waiting{
      Waiting::For::commit,
      "a synchronous standby to confirm the commit (synchronous_standby_names = " + wait->standbys + ")",
      "",
      {},
      "bring the standby back, or take it out of synchronous_standby_names and reload the server; "
      "sluiced then goes on by itself"};
}

}  // namespace

std::optional<Waiting> WaitView::look(const PipelineConfig& config, const LongCall& call) {
  if (is_cut_) return std::nullopt;
  std::optional<Waiting> found;
  if (!call.connected) {
    found = for_server("a connection to ", config);
  } else {
    try {
      auto options = target_options(config);
      options.connect_timeout = kConnectTimeout;
      options.lock_timeout = kLockTimeout;
      options.statement_timeout = kStatementTimeout;
      applier::Session session(options, lifeline_);
      found = told(applier::look_at_wait(session, call.backend), config);
    } catch (const applier::ApplyError& error) {
      // A server that says no has answered; one that says nothing keeps everybody waiting.
      if (error.sqlstate.empty()) found = for_server("an answer of ", config);
    }
  }
  if (found) found->since = call.since;
  return found;
}

void WaitView::cut() {
  is_cut_ = true;
  lifeline_->cut();
}

}  // namespace sluice::daemon
