#include "daemon/pipeline/backoff.h"

#include <algorithm>
#include <utility>

namespace sluice::daemon {

Backoff::Backoff(Milliseconds initial, Milliseconds max, Random random)
    : initial_(initial), max_(std::max(initial, max)), random_(std::move(random)), step_(initial) {
}

Backoff::Milliseconds Backoff::next() {
  const auto drawn = std::chrono::duration_cast<Milliseconds>(step_ * random_());
  step_ = std::min(step_ * 2, max_);
  return std::max(drawn, initial_ / 10);
}

void Backoff::reset() {
  step_ = initial_;
}

}  // namespace sluice::daemon
