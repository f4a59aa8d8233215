#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"

namespace sluice::daemon {

namespace {

constexpr std::chrono::seconds kRedraw{1};

void check_known(const DaemonReport& report, const std::string& name) {
  std::string known;
  for (const PipelineReport& pipeline : report.pipelines) {
    if (name.empty() || pipeline.name == name) return;
    known += (known.empty() ? "" : ", ") + pipeline.name;
  }
  if (!name.empty())
    throw CtlFailure(ExitCode::usage, fmt::format("there is no pipeline {}; there are: {}", name, known));
}

/// The daemon's own document, with one pipeline only where one was asked for.
std::string as_json(const std::string& document, const std::string& name) {
  if (name.empty()) return document;
  auto status = nlohmann::ordered_json::parse(document);
  auto chosen = nlohmann::ordered_json::array();
  for (const auto& pipeline : status.at("pipelines"))
    if (pipeline.at("name") == name) chosen.push_back(pipeline);
  status["pipelines"] = std::move(chosen);
  return dump(status);
}

std::string screen(const ControlClient& client, const Invocation& invocation) {
  const std::string document = client.get("/v1/status");
  const DaemonReport report = parse_report(document);
  check_known(report, invocation.pipeline);
  if (invocation.json) return as_json(document, invocation.pipeline);
  return render_status(report, invocation.pipeline, std::chrono::system_clock::now());
}

/// Overwrites in place, so that nothing flickers: each line clears its rest, the last one what is below.
std::string redrawn(const std::string& text) {
  std::string frame = "\x1b[H";
  for (const char letter : text) frame += letter == '\n' ? std::string("\x1b[K\n") : std::string(1, letter);
  return frame + "\x1b[J";
}

}  // namespace

ExitCode run_status(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  if (!invocation.watch) {
    fmt::print("{}", screen(client, invocation));
    return ExitCode::done;
  }
  const bool redraw = on_terminal() && !invocation.json;
  if (redraw) fmt::print("\x1b[2J");
  for (;;) {
    const std::string text = screen(client, invocation);
    fmt::print("{}", redraw ? redrawn(text) : invocation.json ? text : text + "\n");
    if (std::fflush(stdout) != 0) return ExitCode::done;  // nobody reads any more
    std::this_thread::sleep_for(kRedraw);
  }
}

}  // namespace sluice::daemon
