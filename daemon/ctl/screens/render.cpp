#include "daemon/ctl/screens/render.h"

#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/progress.h"
#include "text/outlet.h"

#include <fmt/core.h>

namespace sluice::daemon {

namespace {

using text::harmless;

const char* to_word(CheckItem::Verdict verdict) {
  switch (verdict) {
    case CheckItem::Verdict::ok:
      return "ok";
    case CheckItem::Verdict::note:
      return "note";
    case CheckItem::Verdict::failed:
      return "FAILED";
  }
  return "FAILED";
}

}  // namespace

std::string error_line(const ErrorReport& error) {
  std::string place;
  const auto add = [&place](const char* word, const std::string& value) {
    if (!value.empty()) place += fmt::format("{}{} {}", place.empty() ? "" : ", ", word, value);
  };
  add("table", error.table);
  add("key", error.key);
  add("column", error.column);
  add("SQLSTATE", error.sqlstate);
  return harmless(place.empty() ? error.message : place + ": " + error.message);
}

std::string flush_line(const FlushAnswer& answer) {
  if (answer.outcome == "flushed")
    return fmt::format("{}: {} flushed in {:.1f} ms, position {}", answer.pipeline,
                       counted(answer.changes, "change"), answer.elapsed_ms, answer.position);
  if (answer.outcome == "started")
    return fmt::format("{}: started, it is done when position {} is applied", answer.pipeline,
                       answer.position);
  const char* standing = answer.quarantined == 0 ? "is equal" : "is equal but for the quarantine";
  return fmt::format("{}: nothing to do, Postgres {} at position {}", answer.pipeline, standing,
                     answer.position);
}

std::string progress_line(const PipelineReport& pipeline) {
  if (pipeline.work) return work_line(pipeline.name, *pipeline.work, 0);
  return fmt::format("{}: {} to go", pipeline.name, counted(pipeline.pending, "change"));
}

std::string render_check(const CheckAnswer& answer) {
  std::size_t width = 0;
  for (const CheckItem& item : answer.items) width = std::max(width, width_of(harmless(item.subject)));
  std::string text = fmt::format("{}: {}\n", answer.pipeline, answer.ready ? "ready" : "NOT READY");
  for (const CheckItem& item : answer.items) {
    const std::string subject = harmless(item.subject);
    text += fmt::format("  {:<6}  {}{}  {}\n", to_word(item.verdict), subject,
                        std::string(width - width_of(subject), ' '), harmless(item.detail));
    if (!item.remedy.empty())
      // Not below the detail, but further left: a remedy is long, and often a statement to copy.
      text += fmt::format("          remedy: {}\n", harmless(item.remedy));
  }
  return text;
}

}  // namespace sluice::daemon
