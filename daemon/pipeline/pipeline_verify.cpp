// Comparing the two sides, because a person asks: one comparison after another, beside the stream.

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {

void Pipeline::verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) {
  Verifier verifier{order, std::move(on_progress), std::move(reply), Pump::Clock::now(), false};
  verifier.order.pipeline = config_.name;
  boost::asio::post(strand_, [self = shared_from_this(), verifier = std::move(verifier)] {
    const State state = self->ended_ ? State::stopped : self->pump_.state();
    if (const auto closed = self->closed_to_flushes(state)) return verifier.reply(*closed);
    self->verifiers_.push_back(verifier);
    self->verify_next();
  });
}

ControlError Pipeline::unknown_table(const std::string& table) const {
  return {404, "unknown_table", "pipeline '" + config_.name + "' has no table '" + table + "'",
          "its tables are in: sluicectl status --json " + config_.name};
}

/// Each begins once the one before it is over.
void Pipeline::verify_next() {
  if (verifiers_.empty() || replicator_.verification() != nullptr) return;
  replicator_.verify(verifiers_.front().order);
  pump_.flush_requested();
  schedule();
}

/// After a step: how far it has come, or what has come of it.
void Pipeline::report_verification() {
  const Verification* verification = replicator_.verification();
  if (verification == nullptr || !verification->begun()) return;
  Verifier& verifier = verifiers_.front();
  verifier.moved = true;
  if (!verification->done()) {
    if (verifier.on_progress) verifier.on_progress(verification->progress());
    return;
  }
  VerifyAnswer answer;
  answer.pipeline = config_.name;
  answer.outcome = verification->outcome();
  answer.position = replicator_.applied()->applied.position.value;
  answer.tables = verification->verdicts();
  answer.elapsed_ms = milliseconds_since(verifier.since);
  const Verifier asked = verifier;
  end_verification();
  if (answer.tables.empty() && !asked.order.table.empty())
    return asked.reply(unknown_table(asked.order.table));
  asked.reply(answer);
}

void Pipeline::end_verification() {
  verifiers_.pop_front();
  replicator_.end_verification();
  verify_next();
}

/// An outage in its midst only delays it.
void Pipeline::refuse_verifiers(const ControlError& refusal, bool may_wait) {
  while (!verifiers_.empty() && !(may_wait && verifiers_.front().moved)) {
    verifiers_.front().reply(refusal);
    verifiers_.pop_front();
    replicator_.end_verification();
  }
  verify_next();
}

}  // namespace sluice::daemon
