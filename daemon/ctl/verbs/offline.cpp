#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/consent.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"
#include "daemon/inspect/offline.h"
#include "text/outlet.h"

/// The verbs that need no daemon, but must come to terms with one that runs.
namespace sluice::daemon {

namespace {

std::vector<CheckAnswer> ask_daemon(const ControlClient& client, const std::string& name) {
  std::vector<CheckAnswer> answers;
  for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
    if (name.empty() || pipeline.name == name)
      answers.push_back(parse_check_answer(client.post("/v1/check", body_with_pipeline(pipeline.name))));
  if (answers.empty()) client.post("/v1/check", body_with_pipeline(name));  // throws: the name is unknown
  return answers;
}

/// Is somebody there to ask? A socket that we may not use does not count as nobody.
bool daemon_runs(const ControlClient& client) try {
  client.get("/v1/status");
  return true;
} catch (const NobodyThere&) {
  return false;
}

void let_go(const ControlClient& client, const std::string& pipeline) {
  const ClientRequest request{"POST", "/v1/release", body_with_pipeline(pipeline)};
  const ClientAnswer answer = client.exchange({request}, std::chrono::minutes{1}).front();
  if (!answer.refusal) return;
  const bool not_its_pipeline =
      answer.refusal->why == Refused::not_found && answer.refusal->code != "unknown_path";
  if (not_its_pipeline) return;
  throw CtlFailure(ExitCode::failed, fmt::format("the running daemon does not let go of {}: {}; {}", pipeline,
                                                 answer.refusal->message, answer.refusal->hint));
}

void confirm(const std::vector<PipelineConfig>& pipelines, bool target) {
  if (isatty(STDIN_FILENO) == 0)
    throw CtlFailure(ExitCode::usage, "uninstall asks first, and there is no terminal to ask on; say --yes");
  for (const PipelineConfig& pipeline : pipelines)
    fmt::print("{}: remove Sluice's triggers and changelog from {}{}\n", pipeline.name,
               pipeline.source.path.string(),
               target
                   ? fmt::format(", and its state from schema {} in Postgres", pipeline.target.state_schema)
                   : "");
  ask_to_go_on();
}

}  // namespace

ExitCode run_check(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  std::vector<CheckAnswer> answers;
  if (daemon_runs(client))
    answers = ask_daemon(client, invocation.pipeline);
  else
    for (const PipelineConfig& pipeline : chosen_pipelines(invocation))
      answers.push_back(check_offline(pipeline));
  bool ready = true;
  for (const CheckAnswer& answer : answers) {
    fmt::print("{}", invocation.json ? dump(to_json(answer)) : render_check(answer));
    ready = ready && answer.ready;
  }
  if (ready) return ExitCode::done;
  throw CtlFailure(ExitCode::failed, "not everything is ready; do what the lines marked FAILED say");
}

ExitCode run_install(const Invocation& invocation) {
  for (const PipelineConfig& pipeline : chosen_pipelines(invocation))
    fmt::print("{}: {}\n", pipeline.name, text::harmless(install_offline(pipeline)));
  return ExitCode::done;
}

ExitCode run_uninstall(const Invocation& invocation) {
  const auto pipelines = chosen_pipelines(invocation);
  if (!invocation.yes) confirm(pipelines, invocation.target);
  const ControlClient client = client_of(invocation);
  const bool running = daemon_runs(client);
  for (const PipelineConfig& pipeline : pipelines) {
    if (running) let_go(client, pipeline.name);
    fmt::print("{}: {}\n", pipeline.name, uninstall_offline(pipeline, invocation.target));
  }
  return ExitCode::done;
}

}  // namespace sluice::daemon
