#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/report/clock_text.h"

/// The reading half of control_protocol.h.
namespace sluice::daemon {

namespace {

using Json = nlohmann::json;

std::string text_at(const Json& object, const char* name) {
  const Json& value = object.at(name);
  return value.is_null() ? std::string() : value.get<std::string>();
}

WallTime time_at(const Json& object, const char* name) {
  return parse_utc(object.at(name).get<std::string>());
}

std::optional<double> number_at(const Json& object, const char* name) {
  const Json& value = object.at(name);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

State state_from(const std::string& word) {
  for (int index = 0; index <= static_cast<int>(State::stopped); ++index)
    if (word == to_string(static_cast<State>(index))) return static_cast<State>(index);
  throw std::runtime_error("unknown state \"" + word + "\"");
}

ErrorReport error_from(const Json& object) {
  ErrorReport error;
  error.id = text_at(object, "id");
  error.cls = text_at(object, "class");
  error.code = text_at(object, "code");
  error.message = text_at(object, "message");
  error.sqlstate = text_at(object, "sqlstate");
  error.table = text_at(object, "table");
  error.key = text_at(object, "key");
  error.column = text_at(object, "column");
  error.hint = text_at(object, "hint");
  error.since = time_at(object, "since");
  error.attempts = object.at("attempts").get<std::int64_t>();
  error.next_retry_s = number_at(object, "next_retry_s");
  return error;
}

TableReport table_from(const Json& object) {
  return {.name = text_at(object, "name"),
          .target = text_at(object, "target"),
          .state = text_at(object, "state"),
          .rows_copied = object.at("rows_copied").get<std::int64_t>(),
          .rows_total = object.at("rows_total").get<std::int64_t>()};
}

WorkReport work_from(const Json& object) {
  return {.kind = text_at(object, "kind"),
          .table = text_at(object, "table"),
          .rows = object.at("rows").get<std::int64_t>(),
          .rows_total = object.at("rows_total").get<std::int64_t>(),
          .rows_per_s = number_at(object, "rows_per_s"),
          .eta_s = number_at(object, "eta_s")};
}

void read_sides(const Json& source, const Json& target, PipelineReport& pipeline) {
  pipeline.source_path = text_at(source, "path");
  pipeline.source_id = text_at(source, "id");
  pipeline.journal_mode = text_at(source, "journal_mode");
  for (const Json& item : source.at("not_captured"))
    pipeline.not_captured.push_back({text_at(item, "name"), text_at(item, "reason")});
  pipeline.target_url = text_at(target, "url");
  pipeline.connected = target.at("connected").get<bool>();
  pipeline.apply_mode = text_at(target, "apply_mode");
  pipeline.server_version = text_at(target, "server_version");
}

void read_numbers(const Json& position, const Json& totals, PipelineReport& pipeline) {
  position.at("captured").get_to(pipeline.captured);
  position.at("applied").get_to(pipeline.applied);
  position.at("pending").get_to(pipeline.pending);
  position.at("behind_s").get_to(pipeline.behind_s);
  totals.at("changes_applied").get_to(pipeline.changes_applied);
  totals.at("batches").get_to(pipeline.batches);
  totals.at("rows_copied").get_to(pipeline.rows_copied);
}

PipelineReport pipeline_from(const Json& object) {
  PipelineReport pipeline;
  pipeline.name = text_at(object, "name");
  pipeline.mode = text_at(object, "mode");
  pipeline.state = state_from(text_at(object, "state"));
  read_sides(object.at("source"), object.at("target"), pipeline);
  read_numbers(object.at("position"), object.at("totals"), pipeline);
  if (!object.at("last_commit_at").is_null()) pipeline.last_commit_at = time_at(object, "last_commit_at");
  if (const Json& flush = object.at("last_flush"); !flush.is_null())
    pipeline.last_flush = FlushReport{time_at(flush, "at"), flush.at("changes").get<std::int64_t>(),
                                      flush.at("elapsed_ms").get<double>()};
  for (const Json& table : object.at("tables")) pipeline.tables.push_back(table_from(table));
  if (const auto work = object.find("work"); work != object.end() && !work->is_null())
    pipeline.work = work_from(*work);
  object.at("quarantined").get_to(pipeline.quarantined);
  if (const Json& error = object.at("error"); !error.is_null()) pipeline.error = error_from(error);
  return pipeline;
}

LogLine log_line_from(const Json& object) {
  LogLine line{.position = object.at("position").get<std::int64_t>(),
               .seen_at = {},
               .table = text_at(object, "table"),
               .operation = text_at(object, "operation"),
               .key = text_at(object, "key"),
               .applied = {}};
  if (!object.at("seen_at").is_null()) line.seen_at = time_at(object, "seen_at");
  if (const Json& applied = object.at("applied"); !applied.is_null()) line.applied = applied.get<bool>();
  return line;
}

HeldRow held_row_from(const Json& object) {
  HeldRow row{.id = object.at("id").get<std::int64_t>(),
              .table = text_at(object, "table"),
              .key = text_at(object, "key"),
              .operation = text_at(object, "operation"),
              .code = text_at(object, "code"),
              .message = text_at(object, "message"),
              .sqlstate = text_at(object, "sqlstate"),
              .column = text_at(object, "column"),
              .constraint = text_at(object, "constraint"),
              .hint = text_at(object, "hint"),
              .position = object.at("position").get<std::int64_t>(),
              .first_at = time_at(object, "first_at"),
              .last_at = time_at(object, "last_at"),
              .attempts = object.at("attempts").get<std::int64_t>(),
              .values = {}};
  if (const auto values = object.find("values"); values != object.end())
    for (const Json& field : *values)
      row.values.push_back({text_at(field, "column"), text_at(field, "value")});
  return row;
}

CheckItem::Verdict verdict_from(const std::string& word) {
  if (word == "ok") return CheckItem::Verdict::ok;
  if (word == "note") return CheckItem::Verdict::note;
  return CheckItem::Verdict::failed;
}

UncleanEnd unclean_end_from(const Json& object) {
  UncleanEnd end;
  if (!object.at("pid").is_null()) end.pid = object.at("pid").get<int>();
  if (!object.at("started_at").is_null()) end.started_at = time_at(object, "started_at");
  return end;
}

}  // namespace

DaemonReport parse_report(std::string_view text) {
  const Json object = Json::parse(text);
  DaemonReport report;
  report.version = text_at(object, "version");
  report.pid = object.at("pid").get<int>();
  report.started_at = time_at(object, "started_at");
  if (const Json& last = object.at("unclean_end"); !last.is_null())
    report.unclean_end = unclean_end_from(last);
  for (const Json& pipeline : object.at("pipelines")) report.pipelines.push_back(pipeline_from(pipeline));
  return report;
}

FlushAnswer parse_flush_answer(std::string_view text) {
  const Json object = Json::parse(text);
  return {.pipeline = text_at(object, "pipeline"),
          .outcome = text_at(object, "outcome"),
          .position = object.at("position").get<std::int64_t>(),
          .changes = object.at("changes").get<std::int64_t>(),
          .quarantined = object.at("quarantined").get<std::int64_t>(),
          .elapsed_ms = object.at("elapsed_ms").get<double>()};
}

CheckAnswer parse_check_answer(std::string_view text) {
  const Json object = Json::parse(text);
  CheckAnswer answer{
      .pipeline = text_at(object, "pipeline"), .ready = object.at("ready").get<bool>(), .items = {}};
  for (const Json& item : object.at("items"))
    answer.items.push_back({text_at(item, "subject"), verdict_from(text_at(item, "verdict")),
                            text_at(item, "detail"), text_at(item, "remedy")});
  return answer;
}

LogAnswer parse_log_answer(std::string_view text) {
  const Json object = Json::parse(text);
  LogAnswer answer{.pipeline = text_at(object, "pipeline"),
                   .entries = {},
                   .newest = object.at("newest").get<std::int64_t>()};
  for (const Json& entry : object.at("entries")) answer.entries.push_back(log_line_from(entry));
  return answer;
}

QuarantineAnswer parse_quarantine_answer(std::string_view text) {
  const Json object = Json::parse(text);
  QuarantineAnswer answer{
      .pipeline = text_at(object, "pipeline"), .rows = {}, .total = object.at("total").get<std::int64_t>()};
  for (const Json& row : object.at("rows")) answer.rows.push_back(held_row_from(row));
  return answer;
}

RetriedAnswer parse_retried_answer(std::string_view text) {
  const Json object = Json::parse(text);
  return {.pipeline = text_at(object, "pipeline"),
          .tried = object.at("tried").get<std::int64_t>(),
          .resolved = object.at("resolved").get<std::int64_t>(),
          .quarantined = object.at("quarantined").get<std::int64_t>()};
}

DiscardedAnswer parse_discarded_answer(std::string_view text) {
  const Json object = Json::parse(text);
  return {.pipeline = text_at(object, "pipeline"),
          .discarded = object.at("discarded").get<std::int64_t>(),
          .quarantined = object.at("quarantined").get<std::int64_t>()};
}

SkippedAnswer parse_skipped_answer(std::string_view text) {
  const Json object = Json::parse(text);
  return {.pipeline = text_at(object, "pipeline"),
          .table = text_at(object, "table"),
          .key = text_at(object, "key"),
          .quarantined = object.at("quarantined").get<std::int64_t>()};
}

ControlError parse_error(int status, std::string_view text) noexcept try {
  const Json object = Json::parse(text).at("error");
  return {status, text_at(object, "code"), text_at(object, "message"), text_at(object, "hint")};
} catch (const std::exception&) {
  return {status, "unreadable_answer", "what answered is not sluiced (HTTP " + std::to_string(status) + ")",
          "check the socket's path"};
}

}  // namespace sluice::daemon
