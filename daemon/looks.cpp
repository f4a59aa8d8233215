#include "daemon/looks.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/inspect/check.h"
#include "daemon/inspect/quarantine_view.h"
#include "daemon/log/log.h"
#include "daemon/report/refusal.h"
#include "daemon/sync/failure.h"

namespace sluice::daemon {
namespace {

/// What is thrown while somebody looks, as an answer.
ControlError refusal() {
  try {
    throw;
  } catch (const Refusal& refused) {
    return refused.error;
  } catch (...) {
    const auto report = report_failure(std::current_exception());
    const Refused why = report.failure == Failure::away ? Refused::unavailable : Refused::conflict;
    return {why, report.error.code, report.error.message, report.error.hint};
  }
}

}  // namespace

CheckAnswer Looks::check() const {
  const PipelineReport report = pipeline_->report();
  return check_pipeline(config(), &report);
}

std::variant<LogAnswer, ControlError> Looks::log(const LogQuery& query) try {
  const auto excerpt = log_view_.read(query);
  pipeline_->saw(excerpt.newest);
  return log_answer(excerpt, pipeline_->seen_marks(), pipeline_->report());
} catch (...) {
  return refusal();
}

std::variant<QuarantineAnswer, ControlError> Looks::quarantine(const QuarantineQuery& query) const try {
  return QuarantineView(config()).read(query, log_shows_values());
} catch (...) {
  return refusal();
}

std::variant<DiscardedAnswer, ControlError> Looks::discard(const std::vector<std::int64_t>& ids) const try {
  QuarantineView view(config());
  std::vector<applier::RowName> dropped;
  for (const auto& row : view.discard(ids)) dropped.emplace_back(row.source_table, row.key);
  const DiscardedAnswer answer{config().name, static_cast<std::int64_t>(dropped.size()), view.total()};
  pipeline_->discarded(std::move(dropped));
  return answer;
} catch (...) {
  return refusal();
}

void Looks::retry(std::vector<std::int64_t> ids, Reply<RetriedAnswer> reply) try {
  auto asked = QuarantineView(config()).to_retry(std::move(ids));
  if (asked.empty()) return reply(RetriedAnswer{.pipeline = config().name});
  pipeline_->retry_quarantined(
      [self = shared_from_this(), asked = std::move(asked), reply](const auto& flushed) {
        if (const auto* error = std::get_if<ControlError>(&flushed)) return reply(*error);
        boost::asio::post(self->workers_, [self, asked, reply] { self->answer_tried(asked, reply); });
      });
} catch (...) {
  reply(refusal());
}

void Looks::answer_tried(const std::vector<std::int64_t>& ids, const Reply<RetriedAnswer>& reply) const try {
  reply(QuarantineView(config()).retried(ids));
} catch (...) {
  reply(refusal());
}

}  // namespace sluice::daemon
