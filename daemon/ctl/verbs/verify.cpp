#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/progress.h"
#include "daemon/ctl/screens/verify.h"
#include "daemon/ctl/verbs/verbs.h"

/// Comparing the two sides by value, pipeline by pipeline.
namespace sluice::daemon {

namespace {

ClientRequest request(const Invocation& invocation, const std::string& pipeline) {
  nlohmann::ordered_json body{{"pipeline", pipeline}, {"repair", invocation.repair}};
  if (!invocation.table.empty()) body["table"] = invocation.table;
  return {"POST", "/v1/verify", dump(body)};
}

/// The result's document.
std::string ask(const ControlClient& client, const Invocation& invocation, const std::string& pipeline) {
  ProgressLine line(on_terminal() && !invocation.json);
  return client.follow(request(invocation, pipeline),
                       [&line](const WorkProgress& progress) { line.show(progress); });
}

ExitCode verify(const ControlClient& client, const Invocation& invocation, const std::string& pipeline) {
  const std::string document = ask(client, invocation, pipeline);
  const VerifyAnswer answer = parse_verify_answer(document);
  fmt::print("{}", invocation.json ? document : render_verify(answer, terminal_columns()));
  std::fflush(stdout);
  return answer.outcome == "different" ? ExitCode::differences : ExitCode::done;
}

/// A failure says less than nothing about the sides: it comes first.
ExitCode worse(ExitCode one, ExitCode other) {
  if (one == ExitCode::done || one == ExitCode::differences) return other == ExitCode::done ? one : other;
  return one;
}

}  // namespace

ExitCode run_verify(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  ExitCode worst = ExitCode::done;
  bool first = true;
  for (const std::string& pipeline : pipelines_of(client, invocation)) {
    if (!std::exchange(first, false) && !invocation.json) fmt::print("\n");
    worst = worse(worst, run_guarded([&] { return verify(client, invocation, pipeline); }));
  }
  return worst;
}

}  // namespace sluice::daemon
