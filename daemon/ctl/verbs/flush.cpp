#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/progress.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"

namespace sluice::daemon {

namespace {

std::vector<ClientRequest> requests_for(const std::vector<std::string>& pipelines,
                                        std::chrono::milliseconds timeout) {
  std::vector<ClientRequest> requests;
  for (const std::string& name : pipelines)
    requests.push_back({"POST", "/v1/flush",
                        dump(nlohmann::ordered_json{{"pipeline", name}, {"timeout_ms", timeout.count()}})});
  return requests;
}

/// A line that overwrites itself on the terminal while the flush goes on.
void show_progress(const ControlClient& client) try {
  std::string line;
  for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
    if (pipeline.pending > 0 || pipeline.state == State::copying)
      line += (line.empty() ? "" : "; ") + progress_line(pipeline);
  overwrite_line(line);
} catch (const CtlFailure&) {
  // The answer to the flush itself will tell.
}

/// What keeps a pipeline from going on, where the status knows it better than the refusal does. A pause is
/// its own reason, whatever else there is.
std::string reason_of(const ControlClient& client, const std::string& name, const ControlError& refusal) {
  if (refusal.why == Refused::conflict && refusal.code != to_string(State::paused))
    for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
      if (pipeline.name == name && pipeline.error)
        return fmt::format("{}: {}: {}; {}", name, to_string(pipeline.state), error_line(*pipeline.error),
                           pipeline.error->hint);
  return fmt::format("{}: {}; {}", name, refusal.message, refusal.hint);
}

ExitCode report_refusal(const ControlClient& client, const std::string& name, const ControlError& refusal,
                        bool json) {
  if (json) {
    nlohmann::ordered_json document{{"pipeline", name}};
    document.update(to_json(refusal));
    fmt::print("{}", dump(document));
  }
  complain(reason_of(client, name, refusal));
  return failure_from(refusal).exit_code;
}

ExitCode report_answer(const ClientAnswer& answer, bool json) {
  const FlushAnswer flush = parse_flush_answer(answer.body);
  fmt::print("{}", json ? answer.body : flush_line(flush) + "\n");
  if (flush.quarantined == 0) return ExitCode::done;
  complain(fmt::format("{}: {} in quarantine; see: sluicectl quarantine list {}", flush.pipeline,
                       counted(flush.quarantined, "row"), flush.pipeline));
  return ExitCode::failed;
}

}  // namespace

ExitCode run_flush(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  const auto pipelines = pipelines_of(client, invocation);
  const bool progress = on_terminal() && !invocation.json;
  const auto tick =
      progress ? std::function<void()>([&client] { show_progress(client); }) : std::function<void()>();
  const auto answers =
      client.exchange(requests_for(pipelines, invocation.timeout), invocation.timeout + kGrace, tick);
  if (progress) fmt::print(stderr, "\r\x1b[K");
  ExitCode worst = ExitCode::done;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const ExitCode code = answers[i].refusal
                              ? report_refusal(client, pipelines[i], *answers[i].refusal, invocation.json)
                              : report_answer(answers[i], invocation.json);
    if (worst == ExitCode::done || code == ExitCode::failed) worst = code == ExitCode::done ? worst : code;
  }
  return worst;
}

}  // namespace sluice::daemon
