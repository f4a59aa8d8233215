// The rows that are held back: shown, tried again, dropped, and the row that a halted pipeline passes over.

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/inspect/quarantine_view.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/report/refusal.h"

namespace sluice::daemon {
namespace {

/// What is thrown while the quarantine is read, as an answer.
ControlError refusal() {
  try {
    throw;
  } catch (const Refusal& refused) {
    return refused.error;
  } catch (...) {
    const auto report = report_failure(std::current_exception());
    const int status = report.failure == Failure::away ? 503 : 409;
    return {status, report.error.code, report.error.message, report.error.hint};
  }
}

/// The next thing in the way, told from the row that was passed over.
ControlError after_skipping(const ErrorReport& skipped, ControlError next) {
  next.message = "after skipping table " + skipped.table + ", key " + skipped.key + ": " + next.message;
  return next;
}

}  // namespace

std::variant<QuarantineAnswer, ControlError> Pipeline::quarantine(const QuarantineQuery& query) try {
  return QuarantineView(config_).read(query);
} catch (...) {
  return refusal();
}

std::variant<DiscardedAnswer, ControlError> Pipeline::discard_quarantined(
    const std::vector<std::int64_t>& ids) try {
  QuarantineView view(config_);
  std::vector<applier::RowName> dropped;
  for (const auto& row : view.discard(ids)) dropped.emplace_back(row.source_table, row.key);
  const DiscardedAnswer answer{config_.name, static_cast<std::int64_t>(dropped.size()), view.total()};
  boost::asio::post(strand_, [self = shared_from_this(), dropped = std::move(dropped)] {
    try {
      self->replicator_.discarded(dropped);
    } catch (...) {
      self->failed(std::current_exception());
      self->schedule();
    }
    self->publish();
  });
  return answer;
} catch (...) {
  return refusal();
}

void Pipeline::retry_quarantined(std::vector<std::int64_t> ids, Reply<RetriedAnswer> reply) try {
  auto asked = QuarantineView(config_).to_retry(std::move(ids));
  if (asked.empty()) return reply(RetriedAnswer{.pipeline = config_.name});
  const auto tried = [self = shared_from_this(), asked = std::move(asked), reply](const auto& flushed) {
    if (const auto* error = std::get_if<ControlError>(&flushed)) return reply(*error);
    boost::asio::post(self->workers_, [self, asked, reply] {
      try {
        reply(QuarantineView(self->config_).retried(asked));
      } catch (...) {
        reply(refusal());
      }
    });
  };
  boost::asio::post(strand_, [self = shared_from_this(), tried] {
    self->try_held_back_rows();
    self->wait_for_flush({tried, Pump::Clock::now(), self->board_.brought_over()});
  });
} catch (...) {
  reply(refusal());
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
