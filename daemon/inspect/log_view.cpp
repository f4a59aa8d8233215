#include "daemon/inspect/log_view.h"

#include "daemon/inspect/look_options.h"

namespace sluice::daemon {
namespace {

/// Unknown until Postgres has told its position, and where that belongs to another history.
std::optional<bool> is_applied(const capture::LogEntry& entry, const PipelineReport& report) {
  if (report.applied == 0 || report.state == State::diverged) return std::nullopt;
  return entry.position.value <= report.applied;
}

}  // namespace

capture::LogExcerpt LogView::read(const LogQuery& query) {
  const auto after = query.after ? std::optional(capture::Position{*query.after}) : std::nullopt;
  const FileSignature file = signature_of(config_.source.path);
  if (const auto newest = newest_at_rest(file); after && newest && *newest <= *after) return {{}, *newest};
  const bool settled = has_settled(file);
  auto excerpt =
      capture::Source(source_look_options(config_)).recent(after, static_cast<std::size_t>(query.limit));
  const std::scoped_lock lock(mutex_);
  rest_ = settled ? std::optional(Rest{file, excerpt.newest}) : std::nullopt;
  return excerpt;
}

capture::Position LogView::newest() const {
  return capture::Source(source_look_options(config_)).captured();
}

std::optional<capture::Position> LogView::newest_at_rest(const FileSignature& file) const {
  const std::scoped_lock lock(mutex_);
  return rest_ && rest_->file == file ? std::optional(rest_->newest) : std::nullopt;
}

LogAnswer log_answer(const capture::LogExcerpt& excerpt, const SeenMarks& marks,
                     const PipelineReport& report) {
  LogAnswer answer{.pipeline = report.name, .entries = {}, .newest = excerpt.newest.value};
  for (const auto& entry : excerpt.entries) {
    answer.entries.push_back({.position = entry.position.value,
                              .seen_at = marks.seen_at(entry.position.value),
                              .table = entry.table,
                              .operation = entry.operation,
                              .key = entry.key,
                              .applied = is_applied(entry, report)});
  }
  return answer;
}

}  // namespace sluice::daemon
