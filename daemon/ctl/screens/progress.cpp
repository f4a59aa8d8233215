#include "daemon/ctl/screens/progress.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

/// So much of a head stays whatever follows it.
constexpr std::size_t kLeastHead = 16;

/// Never 100 % before the end: the number of rows is an estimate.
std::int64_t percent(const WorkReport& work) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(100.0 * static_cast<double>(work.rows) /
                                                            static_cast<double>(work.rows_total)),
                                  0, 99);
}

/// The letters that fit into a line of the terminal: after its last column some are on the next one already.
std::size_t line_width() {
  const std::size_t columns = terminal_columns();
  return columns > 1 ? columns - 1 : 0;
}

}  // namespace

std::string pace_text(const WorkReport& work) {
  const bool estimated = work.rows_total > 0;
  std::string text = estimated ? fmt::format("{} of {}, {} %", grouped(work.rows),
                                             counted(work.rows_total, "row"), percent(work))
                               : counted(work.rows, "row");
  if (work.rows_per_s) text += fmt::format(", {}/s", grouped(static_cast<std::int64_t>(*work.rows_per_s)));
  if (work.eta_s) text += fmt::format(", {} left", elapsed_text(*work.eta_s));
  return text;
}

std::string work_line(const std::string& pipeline, const WorkReport& work, std::size_t columns) {
  const std::string head = harmless(pipeline + ": " + doing(work.kind) + " " + work.table);
  const std::string tail = ", " + pace_text(work);
  if (columns == 0) return head + tail;
  const std::size_t room = columns > tail.size() + kLeastHead ? columns - tail.size() : kLeastHead;
  return cut(cut(head, room) + tail, columns);
}

void overwrite_line(const std::string& text) {
  fmt::print(stderr, "\r{}\x1b[K", line_width() == 0 ? text : cut(text, line_width()));
}

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::show(const WorkProgress& progress) {
  if (!wanted_) return;
  const auto now = WorkMeter::Time::clock::now();
  meter_.note(progress, now);
  overwrite_line(work_line(progress.pipeline, *meter_.report(now), line_width()));
  shown_ = true;
}

}  // namespace sluice::daemon
