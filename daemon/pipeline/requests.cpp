#include "daemon/pipeline/requests.h"

#include <utility>

namespace sluice::daemon {

void Requests::refuse(const ControlError& refusal) {
  for (auto& flush : std::exchange(flushes, {})) flush.reply(refusal);
  for (auto& command : std::exchange(commands, {})) command.refuse(refusal);
}

bool Requests::refuse_comparisons(const ControlError& refusal, bool begun_waits) {
  if (comparisons.empty()) return false;
  const bool first_stays = begun_waits && comparisons.front().begun;
  auto refused = std::exchange(comparisons, {});
  if (first_stays) {
    comparisons.push_back(std::move(refused.front()));
    refused.pop_front();
  }
  for (auto& comparison : refused) comparison.reply(refusal);
  return !first_stays;
}

void Requests::tell(const WorkProgress& progress) const {
  for (const FlushRequest& flush : flushes) {
    if (flush.on_progress) flush.on_progress(progress);
  }
}

}  // namespace sluice::daemon
