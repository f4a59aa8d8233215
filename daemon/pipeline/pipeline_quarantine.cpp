// The rows that are held back: tried again, dropped, and the row that a halted pipeline passes over.

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {
namespace {

/// The next thing in the way, told from the row that was passed over.
ControlError after_skipping(const ErrorReport& skipped, ControlError next) {
  next.message = "after skipping table " + skipped.table + ", key " + skipped.key + ": " + next.message;
  return next;
}

}  // namespace

void Pipeline::try_held_back(FlushReply reply) {
  boost::asio::post(strand_, [self = shared_from_this(), reply = std::move(reply)] {
    self->try_held_back_rows();
    self->wait_for_flush({reply, Pump::Clock::now(), self->board_.brought_over()});
  });
}

void Pipeline::discarded(std::vector<applier::RowName> rows) {
  boost::asio::post(strand_, [self = shared_from_this(), rows = std::move(rows)] {
    try {
      self->replicator_.discarded(rows);
    } catch (...) {
      self->failed(std::current_exception());
      self->schedule();
    }
    self->publish();
  });
}

void Pipeline::skip(const std::string& error_id, Reply<SkippedAnswer> reply) {
  boost::asio::post(strand_, [self = shared_from_this(), error_id, reply = std::move(reply)] {
    if (const auto closed = self->closed_to_skip(error_id)) return reply(*closed);
    const auto error = *self->board_.report().error;
    self->replicator_.skip(error.table, error.key);
    const auto gone_on = [name = self->config_.name, error, reply](const auto& flushed) {
      if (const auto* refused = std::get_if<ControlError>(&flushed))
        return reply(after_skipping(error, *refused));
      const auto held_back = std::get<FlushAnswer>(flushed).quarantined;
      reply(SkippedAnswer{name, error.table, error.key, held_back});
    };
    self->wait_for_flush({gone_on, Pump::Clock::now(), self->board_.brought_over()});
  });
}

std::optional<ControlError> Pipeline::closed_to_skip(const std::string& error_id) const {
  const std::string name = "pipeline '" + config_.name + "'";
  if (auto closed = closed_to_flushes(ended_ ? State::stopped : pump_.state())) return closed;
  const auto error = board_.report().error;
  if (!error)
    return ControlError{409, "no_error", name + " does not stand before an error",
                        "see: sluicectl status " + config_.name};
  if (error->id != error_id)
    return ControlError{409, "another_error",
                        name + " stands before another error by now, " + error->id + ": " + error->message,
                        "to pass over that one: sluicectl skip " + config_.name + " --error " + error->id};
  const bool one_row = error->cls == "row" && error->code != "too_many_refused" && !error->key.empty();
  if (!one_row || error->table.empty())
    return ControlError{409, "not_a_row", name + " does not stand before a single row: " + error->message,
                        error->hint};
  return std::nullopt;
}

}  // namespace sluice::daemon
