#include "daemon/control/documents/protocol.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/report/clock_text.h"

namespace sluice::daemon {

namespace {

using Json = nlohmann::ordered_json;

/// Text that is empty while unknown.
Json known(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(utc_text(*time)) : Json();
}

double to_thousandths(double number) {
  return std::round(number * 1000) / 1000;
}

Json source(const PipelineReport& pipeline) {
  Json not_captured = Json::array();
  for (const NotCaptured& item : pipeline.not_captured)
    not_captured.push_back({{"name", item.name}, {"reason", item.reason}});
  return {{"path", pipeline.source_path},
          {"id", known(pipeline.source_id)},
          {"journal_mode", known(pipeline.journal_mode)},
          {"not_captured", std::move(not_captured)}};
}

Json target(const PipelineReport& pipeline) {
  return {{"url", pipeline.target_url},
          {"connected", pipeline.connected},
          {"apply_mode", known(pipeline.apply_mode)},
          {"server_version", known(pipeline.server_version)}};
}

Json position(const PipelineReport& pipeline) {
  return {{"captured", pipeline.captured},
          {"applied", pipeline.applied},
          {"pending", pipeline.pending},
          {"behind_s", to_thousandths(pipeline.behind_s)}};
}

Json last_flush(const std::optional<FlushReport>& flush) {
  if (!flush) return nullptr;
  return {{"at", utc_text(flush->at)},
          {"changes", flush->changes},
          {"elapsed_ms", to_thousandths(flush->elapsed_ms)}};
}

Json tables(const std::vector<TableReport>& reports) {
  Json list = Json::array();
  for (const TableReport& table : reports)
    list.push_back({{"name", table.name},
                    {"target", table.target},
                    {"state", table.state},
                    {"rows_copied", table.rows_copied},
                    {"rows_total", table.rows_total}});
  return list;
}

Json thousandths_or_null(const std::optional<double>& number) {
  return number ? Json(to_thousandths(*number)) : Json();
}

Json to_json(const PipelineReport& pipeline) {
  return {{"name", pipeline.name},
          {"mode", pipeline.mode},
          {"state", to_string(pipeline.state)},
          {"source", source(pipeline)},
          {"target", target(pipeline)},
          {"position", position(pipeline)},
          {"last_commit_at", time_or_null(pipeline.last_commit_at)},
          {"last_flush", last_flush(pipeline.last_flush)},
          {"totals",
           {{"changes_applied", pipeline.changes_applied},
            {"batches", pipeline.batches},
            {"rows_copied", pipeline.rows_copied}}},
          {"tables", tables(pipeline.tables)},
          {"work", pipeline.work ? to_json(*pipeline.work) : Json()},
          {"quarantined", pipeline.quarantined},
          {"error", pipeline.error ? to_json(*pipeline.error) : Json()}};
}

Json to_json(const HeldRow& row) {
  Json object{{"id", row.id},
              {"table", row.table},
              {"key", row.key},
              {"operation", row.operation},
              {"code", row.code},
              {"message", row.message},
              {"sqlstate", known(row.sqlstate)},
              {"column", known(row.column)},
              {"constraint", known(row.constraint)},
              {"hint", row.hint},
              {"position", row.position},
              {"first_at", utc_text(row.first_at)},
              {"last_at", utc_text(row.last_at)},
              {"attempts", row.attempts}};
  for (const HeldRow::Field& field : row.values)
    object["values"].push_back({{"column", field.column}, {"value", field.value}});
  return object;
}

const char* to_string(CheckItem::Verdict verdict) {
  switch (verdict) {
    case CheckItem::Verdict::ok:
      return "ok";
    case CheckItem::Verdict::note:
      return "note";
    case CheckItem::Verdict::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace

Json to_json(const ErrorReport& error) {
  return {{"id", error.id},
          {"class", error.cls},
          {"code", error.code},
          {"message", error.message},
          {"sqlstate", known(error.sqlstate)},
          {"table", known(error.table)},
          {"key", known(error.key)},
          {"column", known(error.column)},
          {"hint", error.hint},
          {"since", utc_text(error.since)},
          {"attempts", error.attempts},
          {"next_retry_s", thousandths_or_null(error.next_retry_s)}};
}

Json to_json(const WorkReport& work) {
  return {{"kind", work.kind},
          {"table", work.table},
          {"rows", work.rows},
          {"rows_total", work.rows_total},
          {"rows_per_s", thousandths_or_null(work.rows_per_s)},
          {"eta_s", thousandths_or_null(work.eta_s)}};
}

Json to_json(const UncleanEnd& end) {
  return {{"pid", end.pid == 0 ? Json(nullptr) : Json(end.pid)},
          {"started_at", time_or_null(end.started_at)}};
}

Json to_json(const DaemonReport& report) {
  Json pipelines = Json::array();
  for (const PipelineReport& pipeline : report.pipelines) pipelines.push_back(to_json(pipeline));
  return {{"api", 1},
          {"version", report.version},
          {"pid", report.pid},
          {"started_at", utc_text(report.started_at)},
          {"unclean_end", report.unclean_end ? to_json(*report.unclean_end) : Json(nullptr)},
          {"pipelines", std::move(pipelines)}};
}

Json to_json(const FlushAnswer& answer) {
  return {{"pipeline", answer.pipeline},       {"outcome", answer.outcome},
          {"position", answer.position},       {"changes", answer.changes},
          {"quarantined", answer.quarantined}, {"elapsed_ms", to_thousandths(answer.elapsed_ms)}};
}

Json to_json(const CheckAnswer& answer) {
  Json items = Json::array();
  for (const CheckItem& item : answer.items)
    items.push_back({{"subject", item.subject},
                     {"verdict", to_string(item.verdict)},
                     {"detail", item.detail},
                     {"remedy", known(item.remedy)}});
  return {{"pipeline", answer.pipeline}, {"ready", answer.ready}, {"items", std::move(items)}};
}

Json to_json(const LogAnswer& answer) {
  Json entries = Json::array();
  for (const LogLine& entry : answer.entries)
    entries.push_back({{"position", entry.position},
                       {"seen_at", time_or_null(entry.seen_at)},
                       {"table", known(entry.table)},
                       {"operation", entry.operation},
                       {"key", known(entry.key)},
                       {"applied", entry.applied ? Json(*entry.applied) : Json()}});
  return {{"pipeline", answer.pipeline}, {"entries", std::move(entries)}, {"newest", answer.newest}};
}

Json to_json(const QuarantineAnswer& answer) {
  Json rows = Json::array();
  for (const HeldRow& row : answer.rows) rows.push_back(to_json(row));
  return {{"pipeline", answer.pipeline}, {"rows", std::move(rows)}, {"total", answer.total}};
}

Json to_json(const RetriedAnswer& answer) {
  return {{"pipeline", answer.pipeline},
          {"tried", answer.tried},
          {"resolved", answer.resolved},
          {"quarantined", answer.quarantined}};
}

Json to_json(const DiscardedAnswer& answer) {
  return {
      {"pipeline", answer.pipeline}, {"discarded", answer.discarded}, {"quarantined", answer.quarantined}};
}

Json to_json(const SkippedAnswer& answer) {
  return {{"pipeline", answer.pipeline},
          {"table", answer.table},
          {"key", answer.key},
          {"quarantined", answer.quarantined}};
}

Json to_json(const ControlError& error) {
  return {{"error", {{"code", error.code}, {"message", error.message}, {"hint", error.hint}}}};
}

std::string dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::daemon
