// The quarantined rows: tried again, dropped, and the row that a halted pipeline passes over.

#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {
namespace {

/// The next thing in the way, told from the row that was passed over.
ControlError after_skipping(const ErrorReport& skipped, ControlError next) {
  next.message = "after skipping table " + skipped.table + ", key " + skipped.key + ": " + next.message;
  return next;
}

bool stands_before_a_row(const ErrorReport& error) {
  return error.cls == "row" && error.code != "too_many_refused" && !error.row.empty() && !error.table.empty();
}

}  // namespace

void Pipeline::retry_quarantined(FlushReply reply) {
  on_strand([reply = std::move(reply)](Pipeline& self) {
    if (!self.closed_to_requests()) self.pump_.quarantine_retry_requested();
    self.request(FlushRequest{reply, Pump::Clock::now(), self.board_.brought_over()});
  });
}

void Pipeline::discarded(std::vector<applier::RowName> rows) {
  on_strand([rows = std::move(rows)](Pipeline& self) {
    self.replicator_.quarantine().discarded(rows, self.replicator_.link().session());
    self.publish();
  });
}

void Pipeline::skip(const std::string& error_id, Reply<SkippedAnswer> reply) {
  on_strand([error_id, reply = std::move(reply)](Pipeline& self) {
    if (const auto closed = self.closed_to_skip(error_id)) return reply(*closed);
    const auto error = *self.board_.report().error;
    self.replicator_.quarantine().skip({error.table, error.row});
    const auto gone_on = [name = self.config_.name, error, reply](const auto& flushed) {
      if (const auto* refused = std::get_if<ControlError>(&flushed))
        return reply(after_skipping(error, *refused));
      const auto quarantined = std::get<FlushAnswer>(flushed).quarantined;
      reply(SkippedAnswer{name, error.table, error.key, quarantined});
    };
    self.request(FlushRequest{gone_on, Pump::Clock::now(), self.board_.brought_over()});
  });
}

std::optional<ControlError> Pipeline::closed_to_skip(const std::string& error_id) const {
  const std::string name = "pipeline '" + config_.name + "'";
  if (auto closed = closed_to_requests()) return closed;
  const auto error = board_.report().error;
  if (!error)
    return ControlError{Refused::conflict, "no_error", name + " does not stand before an error",
                        "see: sluicectl status " + config_.name};
  const bool row = stands_before_a_row(*error);
  if (error->id != error_id)
    return ControlError{
        Refused::conflict, "another_error",
        name + " stands before another error by now, " + error->id + ": " + error->message,
        row ? "to pass over that one: sluicectl skip " + config_.name + " --error " + error->id
            : error->hint};
  if (!row)
    return ControlError{Refused::conflict, "not_a_row",
                        name + " does not stand before a single row: " + error->message, error->hint};
  return std::nullopt;
}

}  // namespace sluice::daemon
