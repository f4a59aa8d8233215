#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/failure.h"
#include "daemon/ctl/verbs/verbs.h"
#include "daemon/inspect/offline.h"
#include "text/outlet.h"

/// The DDL for a pipeline, and what the server has otherwise.
namespace sluice::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::string& pipeline, const std::vector<applier::SchemaDifference>& differences) {
  Json list = Json::array();
  for (const auto& each : differences)
    list.push_back({{"table", each.table}, {"kind", each.kind}, {"what", each.what}, {"ddl", each.ddl}});
  return {{"pipeline", pipeline}, {"differences", list}};
}

std::string indented(const std::string& text) {
  std::string out = "    ";
  for (const char c : text) out += c == '\n' ? "\n    " : std::string(1, c);
  return out;
}

void print(const std::string& pipeline, const std::vector<applier::SchemaDifference>& differences) {
  if (differences.empty()) fmt::print("{}: nothing differs\n", pipeline);
  for (const auto& each : differences) {
    fmt::print("{}: {}\n", pipeline, text::harmless(each.table + ": " + each.what));
    if (!each.ddl.empty()) fmt::print("{}\n", indented(each.ddl));
  }
}

ExitCode show_differences(const Invocation& invocation) {
  ExitCode result = ExitCode::done;
  for (const PipelineConfig& pipeline : chosen_pipelines(invocation)) {
    const auto differences = schema_differences(pipeline);
    if (!differences.empty()) result = ExitCode::differences;
    if (invocation.json) {
      fmt::print("{}", dump(to_json(pipeline.name, differences)));
    } else {
      print(pipeline.name, differences);
    }
  }
  return result;
}

}  // namespace

ExitCode run_schema(const Invocation& invocation) {
  if (invocation.diff) return show_differences(invocation);
  for (const PipelineConfig& pipeline : chosen_pipelines(invocation)) {
    const std::string ddl = schema_offline(pipeline);
    fmt::print("{}", invocation.json ? dump(Json{{"pipeline", pipeline.name}, {"ddl", ddl}}) : ddl);
  }
  return ExitCode::done;
}

}  // namespace sluice::daemon
