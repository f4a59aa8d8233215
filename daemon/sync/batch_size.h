#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::daemon {

/// How much a batch may bring over. A bad link may carry no connection long enough for a large one: each
/// second loss with the connection halves what was under way, in changes and in bytes, down to a size that
/// gets through, and each batch that arrives doubles the limits again. Used from one thread.
class BatchSize {
 public:
  BatchSize(std::int64_t most_changes, std::int64_t most_bytes)
      : changes_{most_changes, most_changes, kFewestChanges}, bytes_{most_bytes, most_bytes, kFewestBytes} {}

  std::int64_t changes() const { return changes_.now; }
  std::int64_t bytes() const { return bytes_.now; }

  void arrived() {
    losses_ = 0;
    changes_.now = std::min(changes_.most, changes_.now * 2);
    bytes_.now = std::min(bytes_.most, bytes_.now * 2);
  }

  /// The connection went when so much had been read for the batch.
  void lost(std::int64_t changes, std::int64_t bytes) {
    if (++losses_ % 2 != 0) return;
    changes_.halve(changes);
    bytes_.halve(bytes);
  }

 private:
  static constexpr std::int64_t kFewestChanges = 100;
  static constexpr std::int64_t kFewestBytes = 8 << 10;

  struct Limit {
    std::int64_t most;
    std::int64_t now;
    std::int64_t fewest;

    /// What is as small as it may get was not lost for its size.
    void halve(std::int64_t under_way) {
      if (under_way > fewest) now = std::max(std::min(fewest, now), std::min(under_way, now) / 2);
    }
  };

  Limit changes_;
  Limit bytes_;
  int losses_ = 0;
};

}  // namespace sluice::daemon
