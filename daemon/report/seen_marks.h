#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "daemon/report/status.h"

namespace sluice::daemon {

/// When this daemon saw the positions of a changelog come: a mark a look, the newest ones only. Pure; the
/// time is passed in.
class SeenMarks {
 public:
  static constexpr std::size_t kMostMarks = 4096;

  /// A look has found the changelog to end at `newest`. Older positions than one that is known say nothing.
  void note(std::int64_t newest, WallTime now);

  /// The time of the first look that found the position, if the look before it did not: what was there at the
  /// first look of all may have come at any time.
  std::optional<WallTime> seen_at(std::int64_t position) const;

  /// Another history begins.
  void forget() { marks_.clear(); }

  std::size_t size() const { return marks_.size(); }

 private:
  struct Mark {
    std::int64_t newest = 0;
    WallTime at{};
  };

  std::deque<Mark> marks_;
};

}  // namespace sluice::daemon
