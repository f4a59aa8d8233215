#include <fmt/core.h>

#include "daemon/control_protocol.h"
#include "daemon/ctl_verbs.h"
#include "daemon/settings.h"
#include "daemon/version.h"

/// The verbs that are one request, or none.
namespace sluice::daemon {

namespace {

ExitCode tell(const Invocation& invocation, const std::string& verb, const char* done) {
  client_of(invocation).post("/v1/" + verb, body_with_pipeline(invocation.pipeline));
  fmt::print("{}{}\n", invocation.pipeline.empty() ? "" : invocation.pipeline + ": ", done);
  return ExitCode::done;
}

}  // namespace

ExitCode run_pause(const Invocation& invocation) {
  return tell(invocation, "pause", "paused");
}

ExitCode run_resume(const Invocation& invocation) {
  return tell(invocation, "resume", "resumed");
}

ExitCode run_retry(const Invocation& invocation) {
  return tell(invocation, "retry", "trying again now");
}

ExitCode run_reload(const Invocation& invocation) {
  return tell(invocation, "reload", "the configuration has been read again");
}

ExitCode run_stop(const Invocation& invocation) {
  return tell(invocation, "stop", "the daemon is stopping");
}

ExitCode run_config(const Invocation& invocation) {
  fmt::print("{}", render_effective(config_of(invocation), invocation.json));
  return ExitCode::done;
}

ExitCode run_version(const Invocation& invocation) {
  fmt::print("sluicectl {}\n", kVersion);
  try {
    const ControlClient client = client_of(invocation);
    const DaemonReport report = parse_report(client.get("/v1/status"));
    fmt::print("sluiced {}, process {}, at {}\n", report.version, report.pid, client.socket().string());
  } catch (const CtlFailure& failure) {
    if (failure.exit_code != ExitCode::no_daemon) throw;
  }
  return ExitCode::done;
}

}  // namespace sluice::daemon
