#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
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

/// The result's document.
std::string ask(const Invocation& invocation) {
  ProgressLine line(on_terminal() && !invocation.json);
  return client_of(invocation).follow(request(invocation), [&line](const WorkProgress& progress) {
    line.show(progress);
  });
}

}  // namespace

ExitCode run_cutover(const Invocation& invocation) {
  const std::string document = ask(invocation);
  fmt::print("{}", invocation.json ? document : render_cutover(parse_cutover_answer(document)));
  return ExitCode::done;
}

}  // namespace sluice::daemon
