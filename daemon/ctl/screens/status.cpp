#include <fmt/core.h>

#include <algorithm>

#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/progress.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/report/clock_text.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

/// That many tables are always listed; more only while something is the matter with one of them.
constexpr std::size_t kFewTables = 5;

const char* meaning(State state) {
  switch (state) {
    case State::starting:
      return "reading where it left off";
    case State::copying:
      return "transferring the rows that were there before";
    case State::catching_up:
      return "working off a large backlog; Postgres is behind, but moving";
    case State::streaming:
      return "every change goes to Postgres as it happens";
    case State::idle:
      return "waiting for a flush";
    case State::paused:
      return "stopped by a person; go on with sluicectl resume";
    case State::retrying:
      return "Postgres or the file is out of reach; it is tried again by itself";
    case State::halted:
      return "NOT REPLICATING: it stands before an error and skips nothing";
    case State::diverged:
      return "NOT REPLICATING: the two sides do not belong together";
    case State::finished:
      return "ended by a cutover; the application is to use Postgres now";
    case State::stopped:
      return "let go of; start sluiced again to go on";
  }
  return "";
}

std::string behind(const PipelineReport& pipeline) {
  if (pipeline.state == State::copying)
    return "the copy is not complete, " + counted(pipeline.pending, "change") + " beside it";
  const auto waiting = std::count_if(pipeline.tables.begin(), pipeline.tables.end(),
                                     [](const auto& table) { return table.state == "pending"; });
  if (waiting > 0) return counted(waiting, "table") + " not copied yet";
  if (pipeline.pending == 0 && pipeline.behind_s == 0)
    return pipeline.quarantined == 0 ? "nothing" : "nothing but the rows in quarantine";
  const bool stands = pipeline.state == State::halted || pipeline.state == State::diverged;
  if (pipeline.pending == 0 && stands) return "not known while it stands, " + elapsed_text(pipeline.behind_s);
  if (pipeline.pending == 0)
    return "not known before Postgres is reached, " + elapsed_text(pipeline.behind_s);
  return fmt::format("{}, {}", counted(pipeline.pending, "change"), elapsed_text(pipeline.behind_s));
}

std::string target(const PipelineReport& pipeline) {
  std::string text = pipeline.target_url + (pipeline.connected ? ", connected" : ", not connected");
  if (!pipeline.server_version.empty()) text += ", Postgres " + pipeline.server_version;
  if (!pipeline.apply_mode.empty()) text += ", " + pipeline.apply_mode + " mode";
  return text;
}

/// Is it one row that stands in the way, so that everything else could go on without it?
bool can_be_skipped(const PipelineReport& pipeline) {
  const ErrorReport& error = *pipeline.error;
  return pipeline.state == State::halted && error.cls == "row" && !error.key.empty() &&
         error.code != "too_many_refused";
}

void add_error(std::string& text, const PipelineReport& pipeline, WallTime now) {
  const ErrorReport& error = *pipeline.error;
  add_labelled(text, "error", error_line(error));
  add_labelled(text, "remedy", error.hint);
  if (can_be_skipped(pipeline))
    add_labelled(text, "or skip it", fmt::format("sluicectl skip {} --error {}", pipeline.name, error.id));
  add_labelled(text, "since",
               fmt::format("{}, tried {}", moment(error.since, now), counted(error.attempts, "time")));
  if (error.next_retry_s) add_labelled(text, "next try", "in " + elapsed_text(*error.next_retry_s));
  add_labelled(text, "error id", error.id);
}

void add_waiting(std::string& text, const PipelineReport& pipeline, WallTime now) {
  const Waiting& waiting = *pipeline.waiting;
  add_labelled(text, "waiting",
               fmt::format("for {}, since {}", sentence(waiting), moment(waiting.since, now)));
  if (!pipeline.error || pipeline.error->hint != waiting.hint) add_labelled(text, "remedy", waiting.hint);
}

void add_work(std::string& text, const WorkReport& work) {
  add_labelled(text, doing(work.kind).c_str(), work.table);
  add_labelled(text, "", pace_text(work));
}

bool worth_listing(const std::vector<TableReport>& tables) {
  const auto moves = [](const TableReport& table) { return table.state != "streaming"; };
  return tables.size() <= kFewTables || std::any_of(tables.begin(), tables.end(), moves);
}

void add_tables(std::string& text, const std::vector<TableReport>& tables) {
  if (tables.empty()) return;
  if (!worth_listing(tables))
    return add_labelled(text, "tables", fmt::format("{}, all streaming", tables.size()));
  std::size_t width = 0;
  for (const TableReport& table : tables)
    if (tables.size() <= kFewTables || table.state != "streaming")
      width = std::max(width, width_of(harmless(table.name)));
  add_labelled(text, "tables", counted(static_cast<std::int64_t>(tables.size()), "table"));
  for (const TableReport& table : tables) {
    if (tables.size() > kFewTables && table.state == "streaming") continue;
    const std::string name = harmless(table.name);
    std::string line = fmt::format("{}{}  {:<9}  -> {}", name, std::string(width - width_of(name), ' '),
                                   table.state, table.target);
    for (const std::string& unit : table.units) line += ", " + harmless(unit);
    if (table.state == "copying")
      line += fmt::format(", {} of about {}", grouped(table.rows_copied), counted(table.rows_total, "row"));
    add_labelled(text, "", line);
  }
}

std::string render(const PipelineReport& pipeline, WallTime now) {
  std::string text =
      fmt::format("{}: {}: {}\n", pipeline.name, to_string(pipeline.state), meaning(pipeline.state));
  add_labelled(text, "behind", behind(pipeline));
  if (pipeline.work) add_work(text, *pipeline.work);
  if (pipeline.last_commit_at) add_labelled(text, "last commit", moment(*pipeline.last_commit_at, now));
  if (const auto& flush = pipeline.last_flush)
    add_labelled(text, "last flush",
                 fmt::format("{}, {} in {:.1f} ms", moment(flush->at, now), counted(flush->changes, "change"),
                             flush->elapsed_ms));
  if (pipeline.waiting) add_waiting(text, pipeline, now);
  if (pipeline.error) add_error(text, pipeline, now);
  if (pipeline.quarantined > 0)
    add_labelled(text, "quarantine", counted(pipeline.quarantined, "row") + ": sluicectl quarantine list");
  const std::string journal = pipeline.journal_mode.empty() ? "" : ", journal mode " + pipeline.journal_mode;
  add_labelled(text, "source", pipeline.source_path + journal);
  add_labelled(text, "target", target(pipeline));
  add_labelled(text, "so far",
               fmt::format("{} in {}, {} copied", counted(pipeline.changes_applied, "change"),
                           pipeline.batches == 1 ? "1 batch" : grouped(pipeline.batches) + " batches",
                           counted(pipeline.rows_copied, "row")));
  add_tables(text, pipeline.tables);
  for (const NotCaptured& item : pipeline.not_captured)
    add_labelled(text, "left out", item.name + ": " + item.reason);
  return text;
}

}  // namespace

std::string render_status(const DaemonReport& report, const std::string& pipeline, WallTime now) {
  std::string text = fmt::format("sluiced {}, process {}, running since {}\n", report.version, report.pid,
                                 moment(report.started_at, now));
  if (const auto& last = report.unclean_end)
    text += fmt::format("the run before it{} did not end cleanly\n",
                        last->started_at ? ", since " + local_text(*last->started_at) + "," : "");
  for (const PipelineReport& each : report.pipelines)
    if (pipeline.empty() || each.name == pipeline) text += "\n" + render(each, now);
  return text;
}

}  // namespace sluice::daemon
