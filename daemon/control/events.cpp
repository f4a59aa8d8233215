#include "daemon/control/events.h"

#include <nlohmann/json.hpp>
#include <tuple>

#include "daemon/control/documents/protocol.h"
#include "daemon/report/clock_text.h"

namespace sluice::daemon {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kProgressInterval{500};

/// An event's JSON stays on one line: dump() escapes line breaks inside strings.
Event make_event(const char* type, const Json& data) {
  std::string line = dump(data);
  line.pop_back();
  return {type, std::move(line)};
}

Event state_event(const PipelineReport& pipeline) {
  return make_event("state", {{"pipeline", pipeline.name}, {"state", to_string(pipeline.state)}});
}

Event error_event(const PipelineReport& pipeline) {
  return make_event("error", {{"pipeline", pipeline.name}, {"error", to_json(*pipeline.error)}});
}

Event flush_event(const PipelineReport& pipeline) {
  const FlushReport& flush = *pipeline.last_flush;
  return make_event("flush", {{"pipeline", pipeline.name},
                              {"at", utc_text(flush.at)},
                              {"changes", flush.changes},
                              {"elapsed_ms", flush.elapsed_ms}});
}

Event progress_event(const PipelineReport& pipeline) {
  Json copying = Json::array();
  for (const TableReport& table : pipeline.tables)
    if (table.state == "copying")
      copying.push_back(
          {{"name", table.name}, {"rows_copied", table.rows_copied}, {"rows_total", table.rows_total}});
  return make_event("progress", {{"pipeline", pipeline.name},
                                 {"captured", pipeline.captured},
                                 {"applied", pipeline.applied},
                                 {"pending", pipeline.pending},
                                 {"rows_copied", pipeline.rows_copied},
                                 {"copying", std::move(copying)},
                                 {"work", pipeline.work ? to_json(*pipeline.work) : Json()}});
}

/// How far long work has come; what its rate is does not count.
std::tuple<std::string, std::string, std::int64_t> place(const std::optional<WorkReport>& work) {
  return work ? std::tuple(work->kind, work->table, work->rows)
              : std::tuple(std::string(), std::string(), std::int64_t{-1});
}

bool moved(const PipelineReport& before, const PipelineReport& after) {
  return before.applied != after.applied || before.rows_copied != after.rows_copied ||
         place(before.work) != place(after.work);
}

bool new_flush(const PipelineReport& before, const PipelineReport& after) {
  return after.last_flush && (!before.last_flush || before.last_flush->at != after.last_flush->at);
}

bool new_error(const PipelineReport& before, const PipelineReport& after) {
  return after.error && (!before.error || before.error->id != after.error->id);
}

}  // namespace

std::string wire_text(const Event& event) {
  return "event: " + event.type + "\ndata: " + event.data + "\n\n";
}

std::vector<Event> EventDiffer::opening(const DaemonReport& report) {
  std::vector<Event> events;
  for (const PipelineReport& pipeline : report.pipelines) {
    events.push_back(state_event(pipeline));
    if (pipeline.error) events.push_back(error_event(pipeline));
  }
  return events;
}

std::vector<Event> EventDiffer::next(const DaemonReport& report, Time now) {
  std::vector<Event> events;
  for (const PipelineReport& pipeline : report.pipelines) {
    const auto [place, fresh] = seen_.try_emplace(pipeline.name, Seen{pipeline, pipeline, now});
    if (!fresh) compare(place->second, pipeline, now, events);
  }
  return events;
}

void EventDiffer::compare(Seen& seen, const PipelineReport& now_is, Time now, std::vector<Event>& events) {
  if (seen.report.state != now_is.state) events.push_back(state_event(now_is));
  if (new_error(seen.report, now_is)) events.push_back(error_event(now_is));
  if (moved(seen.progress, now_is) && now - seen.progress_at >= kProgressInterval) {
    events.push_back(progress_event(now_is));
    seen.progress = now_is;
    seen.progress_at = now;
  }
  if (new_flush(seen.report, now_is)) events.push_back(flush_event(now_is));
  seen.report = now_is;
}

}  // namespace sluice::daemon
