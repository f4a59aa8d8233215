// Comparing the two sides, because a person asks: one comparison after another, beside the stream.

#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {

void Pipeline::verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) {
  ComparisonRequest asked{order, std::move(on_progress), std::move(reply), Pump::Clock::now()};
  asked.order.pipeline = config_.name;
  on_strand([asked = std::move(asked)](Pipeline& self) {
    if (const auto closed = self.closed_to_requests()) return asked.reply(*closed);
    self.requests_.comparisons.push_back(asked);
    self.compare_next();
  });
}

ControlError Pipeline::unknown_table(const std::string& table) const {
  return {Refused::not_found, "unknown_table", "pipeline '" + config_.name + "' has no table '" + table + "'",
          "its tables are in: sluicectl status --json " + config_.name};
}

/// Each begins once the one before it is over.
void Pipeline::compare_next() {
  if (requests_.comparisons.empty()) return pump_.comparisons_done();
  if (!replicator_.verification()) replicator_.verification().emplace(requests_.comparisons.front().order);
  pump_.requested(Request::comparison);
  schedule();
}

/// After a step: how far it has come, or what has come of it.
void Pipeline::report_comparison() {
  const auto& verification = replicator_.verification();
  if (!verification || !verification->begun()) return;
  ComparisonRequest& first = requests_.comparisons.front();
  first.begun = true;
  if (!verification->done()) {
    if (first.on_progress) first.on_progress(verification->progress());
    return;
  }
  if (const auto& failure = verification->failure()) {
    const ComparisonRequest refused = std::move(first);
    ControlError refusal = refusal_of(*failure);
    refusal.code = failure->code;  // not the pipeline's state, which is as good as before
    requests_.comparisons.pop_front();
    replicator_.verification().reset();
    compare_next();
    return refused.reply(refusal);
  }
  VerifyAnswer answer;
  answer.pipeline = config_.name;
  answer.outcome = verification->outcome();
  answer.position = replicator_.state().row->applied.position.value;
  answer.tables = verification->verdicts();
  answer.elapsed_ms = milliseconds_since(first.since);
  const ComparisonRequest asked = std::move(first);
  requests_.comparisons.pop_front();
  replicator_.verification().reset();
  compare_next();
  if (answer.tables.empty() && !asked.order.table.empty())
    return asked.reply(unknown_table(asked.order.table));
  asked.reply(answer);
}

/// An outage in its midst only delays the one that has begun.
void Pipeline::refuse_comparisons(const ControlError& refusal, bool begun_waits) {
  if (requests_.refuse_comparisons(refusal, begun_waits)) replicator_.verification().reset();
  if (requests_.comparisons.empty()) pump_.comparisons_done();
}

}  // namespace sluice::daemon
