#include "daemon/looks.h"

#include <boost/asio/post.hpp>

#include "daemon/inspect/check.h"
#include "daemon/inspect/quarantine_view.h"
#include "daemon/log/log.h"

namespace sluice::daemon {
namespace {

/// What lies in quarantine under the name of a pipeline that does not belong to its server may be another's.
std::optional<ControlError> whose_is_open(const PipelineReport& pipeline) {
  if (pipeline.state != State::diverged || !pipeline.error) return std::nullopt;
  return ControlError{Refused::conflict, to_string(pipeline.state),
                      "pipeline '" + pipeline.name + "': " + pipeline.error->message, pipeline.error->hint};
}

}  // namespace

/// The look keeps this alive, not the other way round: its work runs on a thread of the lookout.
template <typename Answer, typename Work>
void Looks::ask(Lookout& lookout, Work work, Reply<Answer> reply) {
  lookout.ask(std::make_shared<LookFor<Answer>>(
      config().name, [self = shared_from_this(), work](const LookLine& line) { return work(*self, line); },
      std::move(reply)));
}

void Looks::check(Reply<CheckAnswer> reply) {
  const auto work = [](const Looks& self, const LookLine& line) {
    const PipelineReport report = self.pipeline_->report();
    return check_pipeline(self.config(), &report, line);
  };
  ask(lookouts_.servers, work, std::move(reply));
}

void Looks::log(const LogQuery& query, Reply<LogAnswer> reply) {
  const auto work = [query](Looks& self, const LookLine&) {
    const auto excerpt = self.log_view_.read(query);
    self.pipeline_->saw(excerpt.newest);
    return log_answer(excerpt, self.pipeline_->seen_marks(), self.pipeline_->report());
  };
  ask(lookouts_.files, work, std::move(reply));
}

/// The flush begins after the position was read, so that it gets there. However many ask, and whether or not
/// they wait for the answer, they share the next look.
void Looks::start_flush(const Reply<FlushAnswer>& reply) {
  const auto found = [self = shared_from_this(), reply](const Reply<capture::Position>::Outcome& position) {
    if (const auto closed = self->pipeline_->start_flush()) return reply(*closed);
    if (const auto* error = std::get_if<ControlError>(&position)) return reply(*error);
    const auto newest = std::get<capture::Position>(position).value;
    reply(FlushAnswer{self->config().name, "started", newest, 0, 0, 0});
  };
  if (const auto next = position_look_.lock(); next && !next->begun()) return next->join(found);
  const auto look = std::make_shared<PositionLook>(
      config().name, [self = shared_from_this()](const LookLine&) { return self->log_view_.newest(); },
      found);
  position_look_ = look;
  lookouts_.files.ask(look);
}

void Looks::quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) {
  const auto work = [query](const Looks& self, const LookLine& line) {
    return QuarantineView(self.config(), line).read(query, log_shows_values());
  };
  ask(lookouts_.servers, work, std::move(reply));
}

void Looks::discard(const Ids& ids, Reply<DiscardedAnswer> reply) {
  if (const auto open = whose_is_open(pipeline_->report())) return reply(*open);
  const auto work = [ids](const Looks& self, const LookLine& line) {
    QuarantineView view(self.config(), line);
    std::vector<applier::RowName> dropped;
    for (const auto& row : view.discard(ids)) dropped.emplace_back(row.source_table, row.key);
    DiscardedAnswer answer{self.config().name, static_cast<std::int64_t>(dropped.size()), 0};
    self.pipeline_->discarded(std::move(dropped));
    answer.quarantined = view.total();
    return answer;
  };
  ask(lookouts_.servers, work, std::move(reply));
}

void Looks::retry(const Ids& ids, const Reply<RetriedAnswer>& reply) {
  const auto work = [ids](const Looks& self, const LookLine& line) {
    return QuarantineView(self.config(), line).to_retry(ids);
  };
  const auto found = [self = shared_from_this(), reply](const Reply<Ids>::Outcome& held) {
    if (const auto* error = std::get_if<ControlError>(&held)) return reply(*error);
    const auto& rows = std::get<Ids>(held);
    if (rows.empty()) return reply(RetriedAnswer{.pipeline = self->config().name});
    self->try_again(rows, reply);
  };
  ask<Ids>(lookouts_.servers, work, {found, [reply] { return reply.wanted(); }});
}

void Looks::try_again(const Ids& ids, const Reply<RetriedAnswer>& reply) {
  const auto work = [ids](const Looks& self, const LookLine& line) {
    return QuarantineView(self.config(), line).retried(ids);
  };
  pipeline_->retry_quarantined([self = shared_from_this(), work, reply](const auto& flushed) {
    boost::asio::post(self->lookouts_.control, [self, work, reply, flushed] {
      if (const auto* error = std::get_if<ControlError>(&flushed)) return reply(*error);
      self->ask<RetriedAnswer>(self->lookouts_.servers, work, reply);
    });
  });
}

}  // namespace sluice::daemon
