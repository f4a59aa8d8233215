#include "daemon/pipeline/health.h"

#include <utility>

#include "daemon/sync/replicator.h"

namespace sluice::daemon {
namespace {

/// No single call to the server may wait longer: a server that does not answer at all is left by then. Long
/// enough for the last statement of a batch at its largest.
constexpr auto kCallDeadline = std::chrono::minutes(15);

/// A strand that has not moved for so long, and does not wait for the server, is stuck.
constexpr auto kStuckAfter = std::chrono::seconds(90);

}  // namespace

Health::Health(std::shared_ptr<applier::Lifeline> lifeline) : lifeline_(std::move(lifeline)) {
  moved();
}

void Health::moved() {
  moved_at_ = Clock::now().time_since_epoch().count();
}

bool Health::look(Clock::time_point now, std::optional<Clock::duration> call) {
  if (!call) return now - Clock::time_point(Clock::duration(moved_at_.load())) < kStuckAfter;
  if (*call > kCallDeadline) lifeline_->cut();
  return true;
}

}  // namespace sluice::daemon
