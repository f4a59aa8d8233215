#include "daemon/base/nearest.h"

#include <algorithm>
#include <numeric>

namespace sluice::daemon {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last.back();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::string nearest_hint(std::string_view word, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  // A third of the word may be wrong, and at least one letter; longer words than any known one are never
  // near.
  std::size_t bound = word.size() > 64 ? 0 : std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (bound == 0) break;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= bound) continue;
    bound = distance;
    best = &candidate;
  }
  return best != nullptr ? "did you mean '" + *best + "'?" : "known are: " + joined(known);
}

}  // namespace sluice::daemon
