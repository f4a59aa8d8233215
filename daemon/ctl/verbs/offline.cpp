#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/config/paths.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/consent.h"
#include "daemon/ctl/screens/amounts.h"
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

/// What is to be taken out.
struct Removal {
  PipelineConfig pipeline;
  std::vector<std::string> others;  ///< pipelines that go on reading the file
};

/// Those that have ended read nothing any more.
std::vector<std::string> names_of_ended(const ControlClient& client) try {
  std::vector<std::string> ended;
  for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
    if (pipeline.state == State::finished) ended.push_back(pipeline.name);
  return ended;
} catch (const NobodyThere&) {
  return {};
}

std::vector<Removal> removals_of(const Invocation& invocation, const ControlClient& client) {
  std::vector<Removal> removals;
  const auto chosen = chosen_pipelines(invocation);
  const auto ended = names_of_ended(client);
  const auto all = config_of(invocation).pipelines;
  for (const PipelineConfig& pipeline : chosen) {
    std::vector<std::string> others;
    for (const PipelineConfig& other : all) {
      const bool stays = std::ranges::find(chosen, other.name, &PipelineConfig::name) == chosen.end() &&
                         std::ranges::find(ended, other.name) == ended.end();
      if (stays && same_file(other.source.path, pipeline.source.path)) others.push_back(other.name);
    }
    removals.push_back({pipeline, std::move(others)});
  }
  return removals;
}

std::string announced(const Removal& removal, bool target) {
  const PipelineConfig& pipeline = removal.pipeline;
  const std::string file = pipeline.source.path.string();
  const std::string state = "its state from schema " + pipeline.target.state_schema + " in Postgres";
  if (removal.others.empty())
    return "remove Sluice's triggers and changelog from " + file + (target ? ", and " + state : "");
  return (target ? "remove " + state : "let go of it") + "; capture stays in " + file + " for " +
         listed_pipelines(removal.others);
}

void confirm(const std::vector<Removal>& removals, bool target) {
  if (isatty(STDIN_FILENO) == 0)
    throw CtlFailure(ExitCode::usage, "uninstall asks first, and there is no terminal to ask on; say --yes");
  for (const Removal& removal : removals)
    fmt::print("{}: {}\n", removal.pipeline.name, announced(removal, target));
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
  const ControlClient client = client_of(invocation);
  const auto removals = removals_of(invocation, client);
  if (!invocation.yes) confirm(removals, invocation.target);
  // All of them first: one that still read the file would put capture in again.
  if (daemon_runs(client))
    for (const Removal& removal : removals) let_go(client, removal.pipeline.name);
  for (const Removal& removal : removals)
    fmt::print("{}: {}\n", removal.pipeline.name,
               uninstall_offline(removal.pipeline, invocation.target, removal.others));
  return ExitCode::done;
}

}  // namespace sluice::daemon
