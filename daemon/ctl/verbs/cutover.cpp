#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/config/paths.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/consent.h"
#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/cutover.h"
#include "daemon/ctl/screens/progress.h"
#include "daemon/ctl/verbs/verbs.h"

/// The move to Postgres. The daemon holds the lock, so that nothing is left of it where this program ends
/// early.
namespace sluice::daemon {

namespace {

ClientRequest request(const Invocation& invocation) {
  nlohmann::ordered_json body{{"max_lock_ms", invocation.max_lock.count()}, {"fence", invocation.fence}};
  if (!invocation.pipeline.empty()) body["pipeline"] = invocation.pipeline;
  return {"POST", "/v1/cutover", dump(body)};
}

/// The pipeline that was meant; none where the daemon will refuse the name, or asks for one.
std::optional<PipelineReport> chosen(const std::vector<PipelineReport>& pipelines, const std::string& name) {
  for (const PipelineReport& pipeline : pipelines)
    if (pipeline.name == name || (name.empty() && pipelines.size() == 1)) return pipeline;
  return std::nullopt;
}

std::string what_becomes_of_the_file(const std::vector<PipelineReport>& pipelines,
                                     const PipelineReport& moving, bool fence) {
  std::vector<std::string> others;
  for (const PipelineReport& other : pipelines) {
    if (other.name != moving.name && other.state != State::finished &&
        same_file(other.source_path, moving.source_path))
      others.push_back(other.name);
  }
  if (!others.empty()) return "writes to it go on, and to " + listed_pipelines(others);
  return fence ? "every write to it is refused from then on" : "writes to it go on";
}

std::string tables_of(const PipelineReport& pipeline) {
  std::string names;
  for (const TableReport& table : pipeline.tables) names += (names.empty() ? "" : ", ") + table.name;
  return names.empty() ? "none yet" : names;
}

void confirm(const ControlClient& client, const Invocation& invocation) {
  const auto pipelines = parse_report(client.get("/v1/status")).pipelines;
  const auto pipeline = chosen(pipelines, invocation.pipeline);
  if (!pipeline) return;
  if (isatty(STDIN_FILENO) == 0 || invocation.json)
    throw CtlFailure(
        ExitCode::usage,
        fmt::format("cutover of {} from {} to {} asks first, and there is no terminal to ask on; "
                    "say --yes",
                    pipeline->name, pipeline->source_path, pipeline->target_url));
  fmt::print("{}: move to Postgres for good\n  file    {}; {}\n  server  {}\n  tables  {}\n", pipeline->name,
             pipeline->source_path, what_becomes_of_the_file(pipelines, *pipeline, invocation.fence),
             pipeline->target_url, tables_of(*pipeline));
  ask_to_go_on();
}

/// The result's document.
std::string ask(const ControlClient& client, const Invocation& invocation) {
  ProgressLine line(on_terminal() && !invocation.json);
  return client.follow(request(invocation), [&line](const WorkProgress& progress) { line.show(progress); });
}

}  // namespace

ExitCode run_cutover(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  if (!invocation.yes) confirm(client, invocation);
  const std::string document = ask(client, invocation);
  fmt::print("{}", invocation.json ? document : render_cutover(parse_cutover_answer(document)));
  return ExitCode::done;
}

}  // namespace sluice::daemon
