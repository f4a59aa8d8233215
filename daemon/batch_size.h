#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::daemon {

/// How many changes a batch may bring over. A bad link may carry no connection long enough for a large one:
/// each second loss with the connection halves the limit, down to a size that gets through, and each batch
/// that arrives doubles it again. Used from one thread.
class BatchSize {
 public:
  explicit BatchSize(std::int64_t most) : most_(most), limit_(most) {}

  std::int64_t limit() const { return limit_; }

  void arrived() {
    losses_ = 0;
    limit_ = std::min(most_, limit_ * 2);
  }

  /// `changes` had been read for the batch when the connection went.
  void lost(std::int64_t changes) {
    if (++losses_ % 2 != 0) return;
    limit_ = std::min(most_, std::max(kSmallest, std::min(limit_, changes) / 2));
  }

 private:
  static constexpr std::int64_t kSmallest = 100;

  std::int64_t most_;
  std::int64_t limit_;
  int losses_ = 0;
};

}  // namespace sluice::daemon
