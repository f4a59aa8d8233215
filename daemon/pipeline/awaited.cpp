#include "daemon/pipeline/awaited.h"

#include <chrono>

#include "daemon/base/redact.h"

namespace sluice::daemon {
namespace {

std::optional<Waiting> awaited_lock(ErrorReport& error, const std::optional<Waiting>& seen) {
  if (!seen || seen->kind != Waiting::For::lock)
    return Waiting{Waiting::For::lock, "held by another transaction", "", {}, error.hint};
  error.message = "waited in vain for " + sentence(*seen);
  error.hint = seen->hint;
  return seen;
}

/// Refused, lost, or turned away because the server has no place.
bool lacks_connection(const ErrorReport& error) {
  if (error.cls != "target" || (error.code != "target_away" && error.code != "outcome_unknown")) return false;
  return error.sqlstate.empty() || error.sqlstate.starts_with("08") || error.sqlstate.starts_with("57P") ||
         error.sqlstate == "53300";
}

}  // namespace

std::optional<Waiting> awaited(ErrorReport& error, const PipelineConfig& config,
                               const std::optional<Waiting>& seen) {
  if (error.code == "lock_timeout") return awaited_lock(error, seen);
  if (error.code == "source_locked")
    return Waiting{Waiting::For::file, config.source.path.string(), "another program", {}, error.hint};
  if (lacks_connection(error))
    return Waiting{
        Waiting::For::connection, "a connection to " + redact_url(config.target.url), "", {}, error.hint};
  return std::nullopt;
}

}  // namespace sluice::daemon
