#include "daemon/ctl/screens/quarantine.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/report/clock_text.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

enum Column : std::size_t { kId, kTable, kKey, kSince, kRefusal, kMessage, kColumns };
using Fields = std::array<std::string, kColumns>;

constexpr std::size_t kLongestName = 24;  ///< of a table or key, in a window
constexpr std::size_t kLeastMessage = 20;

/// The SQLSTATE of the server, or the word for a refusal of our own.
std::string refusal(const QuarantineEntry& row) {
  return row.sqlstate.empty() ? row.code : row.sqlstate;
}

Fields fields_of(const QuarantineEntry& row) {
  return {std::to_string(row.id),   or_dash(row.table),    or_dash(row.key),
          local_text(row.first_at), or_dash(refusal(row)), or_dash(row.message)};
}

void fit(std::vector<Fields>& lines, std::size_t window) {
  std::size_t taken = 0;
  for (const Column column : {kId, kTable, kKey, kSince, kRefusal}) {
    std::size_t width = 0;
    for (Fields& line : lines) {
      if (window > 0 && (column == kTable || column == kKey)) line[column] = cut(line[column], kLongestName);
      width = std::max(width, width_of(line[column]));
    }
    for (Fields& line : lines) line[column].append(width - width_of(line[column]) + kGap, ' ');
    taken += width + kGap;
  }
  if (window == 0) return;
  const std::size_t left = std::max(kLeastMessage, window - std::min(window, taken));
  for (Fields& line : lines) line[kMessage] = cut(line[kMessage], left);
}

void add_known(std::string& text, const char* label, const std::string& value) {
  if (!value.empty()) text += fmt::format("  {:<10}  {}\n", label, harmless(value));
}

void add_values(std::string& text, const QuarantineEntry& row) {
  if (row.operation == "delete")
    return add_known(text, "row", "it is gone in SQLite, and was to be deleted in Postgres");
  std::size_t width = 0;
  for (const auto& field : row.values) width = std::max(width, width_of(harmless(field.column)));
  const char* label = "row";
  for (const auto& field : row.values) {
    const std::string name = harmless(field.column);
    text += fmt::format("  {:<10}  {}{}  {}\n", std::exchange(label, ""), name,
                        std::string(width - width_of(name), ' '), harmless(field.value));
  }
}

}  // namespace

std::string render_quarantine(const QuarantineAnswer& answer, std::size_t window) {
  if (answer.rows.empty()) return fmt::format("{}: nothing in quarantine\n", answer.pipeline);
  std::vector<Fields> lines{{"id", "table", "key", "since", "refusal", "message"}};
  for (const QuarantineEntry& row : answer.rows) lines.push_back(fields_of(row));
  fit(lines, window);
  std::string text = fmt::format("{}: {} in quarantine\n", answer.pipeline, counted(answer.total, "row"));
  for (const Fields& line : lines) {
    for (const std::string& field : line) text += field;
    text += '\n';
  }
  return text + "one of them with its values and the remedy: sluicectl quarantine show ID\n";
}

std::string render_quarantine_entry(const std::string& pipeline, const QuarantineEntry& row, WallTime now) {
  std::string text = fmt::format("{}: row {} in quarantine\n", pipeline, row.id);
  add_known(text, "table", row.table);
  add_known(text, "key", row.key);
  add_known(text, "refusal", row.sqlstate.empty() ? row.code : "SQLSTATE " + row.sqlstate);
  add_known(text, "message", row.message);
  add_known(text, "column", row.column);
  add_known(text, "constraint", row.constraint);
  add_known(text, "remedy", row.hint);
  add_known(text, "since", moment(row.first_at, now));
  add_known(text, "last try",
            fmt::format("{}, tried {}", moment(row.last_at, now), counted(row.attempts, "time")));
  add_known(text, "position", std::to_string(row.position));
  add_values(text, row);
  return text;
}

std::string retried_line(const RetriedAnswer& answer) {
  if (answer.tried == 0) return answer.pipeline + ": nothing in quarantine";
  return fmt::format("{}: {} of {} {} gone over", answer.pipeline, grouped(answer.resolved),
                     counted(answer.tried, "row"), answer.resolved == 1 ? "has" : "have");
}

std::string discarded_line(const DiscardedAnswer& answer) {
  if (answer.discarded == 0) return answer.pipeline + ": nothing in quarantine";
  return fmt::format(
      "{}: {} dropped from the quarantine; what Postgres has in the place stays as it is until the row "
      "changes "
      "again in SQLite, or its table is copied again",
      answer.pipeline, counted(answer.discarded, "row"));
}

std::string skipped_line(const SkippedAnswer& answer) {
  const std::string row = harmless(fmt::format("table {}, key {}", answer.table, answer.key));
  if (answer.quarantined == 0)
    return fmt::format("{}: goes on; {} is not refused any more", answer.pipeline, row);
  return fmt::format("{}: goes on without {}; {} in quarantine", answer.pipeline, row,
                     counted(answer.quarantined, "row"));
}

}  // namespace sluice::daemon
