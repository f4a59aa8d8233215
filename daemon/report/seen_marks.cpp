#include "daemon/report/seen_marks.h"

#include <algorithm>

namespace sluice::daemon {

void SeenMarks::note(capture::Position newest, WallTime now) {
  if (!marks_.empty() && newest <= marks_.back().newest) return;
  marks_.push_back({newest, now});
  if (marks_.size() > kMostMarks) marks_.pop_front();
}

std::optional<WallTime> SeenMarks::seen_at(capture::Position position) const {
  const auto mark =
      std::lower_bound(marks_.begin(), marks_.end(), position,
                       [](const Mark& each, capture::Position wanted) { return each.newest < wanted; });
  if (mark == marks_.begin() || mark == marks_.end()) return std::nullopt;
  return mark->at;
}

}  // namespace sluice::daemon
