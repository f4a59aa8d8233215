#include "daemon/report/seen_marks.h"

#include <algorithm>

namespace sluice::daemon {

void SeenMarks::note(std::int64_t newest, WallTime now) {
  if (!marks_.empty() && newest <= marks_.back().newest) return;
  marks_.push_back({newest, now});
  if (marks_.size() > kMostMarks) marks_.pop_front();
}

std::optional<WallTime> SeenMarks::seen_at(std::int64_t position) const {
  const auto mark =
      std::lower_bound(marks_.begin(), marks_.end(), position,
                       [](const Mark& each, std::int64_t wanted) { return each.newest < wanted; });
  if (mark == marks_.begin() || mark == marks_.end()) return std::nullopt;
  return mark->at;
}

}  // namespace sluice::daemon
