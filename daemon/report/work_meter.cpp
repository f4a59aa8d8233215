#include "daemon/report/work_meter.h"

#include "daemon/base/units.h"

namespace sluice::daemon {
namespace {

/// Counts closer to each other than this are one mark; half of it is enough to tell a first rate.
constexpr std::chrono::milliseconds kBetweenMarks{500};

}  // namespace

void RowRate::note(std::int64_t rows, Time now) {
  const bool renews = marks_.size() > 1 && marks_.back().at - marks_[marks_.size() - 2].at < kBetweenMarks;
  if (renews) marks_.pop_back();
  marks_.push_back({now, rows});
  while (marks_.size() > 2 && now - marks_[1].at >= kWindow) marks_.pop_front();
}

std::optional<double> RowRate::per_second(Time now) const {
  if (marks_.size() < 2 || now - marks_.front().at < kBetweenMarks / 2) return std::nullopt;
  return static_cast<double>(marks_.back().rows - marks_.front().rows) / in_seconds(now - marks_.front().at);
}

void WorkMeter::note(const WorkProgress& progress, Time now) {
  const bool goes_on =
      work_ && work_->kind == progress.work && work_->table == progress.table && work_->rows <= progress.rows;
  if (!goes_on) rate_ = {};
  work_ = {progress.work, progress.table, progress.rows, progress.rows_total, {}, {}};
  rate_.note(progress.rows, now);
}

void WorkMeter::end() {
  work_.reset();
}

std::optional<WorkReport> WorkMeter::report(Time now) const {
  if (!work_) return std::nullopt;
  WorkReport report = *work_;
  report.rows_per_s = rate_.per_second(now);
  const std::int64_t left = report.rows_total - report.rows;
  if (left >= 0 && report.rows_total > 0 && report.rows_per_s && *report.rows_per_s > 0)
    report.eta_s = static_cast<double>(left) / *report.rows_per_s;
  return report;
}

}  // namespace sluice::daemon
