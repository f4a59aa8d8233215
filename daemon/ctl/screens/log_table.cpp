#include "daemon/ctl/screens/log_table.h"

#include <algorithm>

#include "daemon/ctl/screens/columns.h"
#include "daemon/report/clock_text.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

constexpr std::size_t kLeastCut = 8;  ///< columns that a cut text is left with in the narrowest window

}  // namespace

void LogTable::expect_more() {
  widths_[kTime] = width_of(local_text(WallTime{}));
  widths_[kOperation] = width_of("maybe_replaced");
}

std::string LogTable::page(const std::vector<LogLine>& entries, std::size_t window) {
  const Fields header{"position", "time", "applied", "table", "operation", "key"};
  std::vector<Fields> rows;
  for (const LogLine& entry : entries) rows.push_back(fields_of(entry));
  if (!begun_) rows.insert(rows.begin(), header);
  begun_ = true;
  for (const Fields& row : rows) widen(row);
  std::string text;
  for (const Fields& row : rows) text += line(row, window);
  return text;
}

LogTable::Fields LogTable::fields_of(const LogLine& entry) {
  return {std::to_string(entry.position),
          entry.seen_at ? local_text(*entry.seen_at) : "-",
          !entry.applied   ? "-"
          : *entry.applied ? "yes"
                           : "no",
          or_dash(entry.table),
          harmless(entry.operation),
          or_dash(entry.key)};
}

void LogTable::widen(const Fields& fields) {
  for (std::size_t i = 0; i < kColumns; ++i) widths_[i] = std::max(widths_[i], width_of(fields[i]));
}

std::string LogTable::line(Fields fields, std::size_t window) const {
  auto widths = widths_;
  if (window > 0) {
    const std::size_t taken =
        widths[kPosition] + widths[kTime] + widths[kApplied] + widths[kOperation] + (kColumns - 1) * kGap;
    const auto left_beside = [&](std::size_t other) {
      return std::max(kLeastCut, window - std::min(window, taken + other));
    };
    const std::size_t least_key = std::min(kLeastCut, widths[kKey]);
    widths[kTable] = std::min(widths[kTable], left_beside(least_key));
    fields[kTable] = cut(fields[kTable], widths[kTable]);
    fields[kKey] = cut(fields[kKey], left_beside(widths[kTable]));
  }
  std::string text;
  for (std::size_t i = 0; i < kKey; ++i)
    text += fields[i] + std::string(widths[i] - width_of(fields[i]) + kGap, ' ');
  return text + fields[kKey] + '\n';
}

}  // namespace sluice::daemon
