#include <fmt/core.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/base/version.h"
#include "daemon/config/settings.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/verbs/verbs.h"

/// The verbs that are one request, or none.
namespace sluice::daemon {

namespace {

ExitCode tell(const Invocation& invocation, const std::string& verb, const char* done) {
  client_of(invocation).post("/v1/" + verb, body_with_pipeline(invocation.pipeline));
  fmt::print("{}{}\n", invocation.pipeline.empty() ? "" : invocation.pipeline + ": ", done);
  return ExitCode::done;
}

const char* in_words(const std::string& outcome) {
  if (outcome == "pausing") return "pausing: the batch under way is finished first; see: sluicectl status";
  if (outcome == "resuming") return "resuming: what is under way ends first; see: sluicectl status";
  if (outcome == "retrying") return "trying again now";
  return outcome == "paused" ? "paused" : "resumed";
}

/// Says what holds by now, and not what was asked for.
ExitCode operate(const Invocation& invocation, const std::string& verb) {
  const std::string answer =
      client_of(invocation).post("/v1/" + verb, body_with_pipeline(invocation.pipeline));
  const std::string outcome = nlohmann::json::parse(answer).at("outcome");
  fmt::print("{}{}\n", invocation.pipeline.empty() ? "" : invocation.pipeline + ": ", in_words(outcome));
  return ExitCode::done;
}

/// Waits for the end of a process. Unlike a process id, it can't come to mean another one in the meantime;
/// and unlike the socket, which systemd may hold, asking it starts nothing.
class Ending {
 public:
  explicit Ending(int pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Ending() {
    if (fd_ >= 0) ::close(fd_);
  }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  /// False when the time ran out. A process that can't be watched from here is not waited for.
  bool wait(std::chrono::milliseconds timeout) const {
    pollfd ended{fd_, POLLIN, 0};
    return fd_ < 0 || ::poll(&ended, 1, static_cast<int>(timeout.count())) != 0;
  }

 private:
  int fd_;
};

/// Longer than the daemon itself waits for a server that does not answer.
constexpr std::chrono::seconds kStopWithin{30};

}  // namespace

ExitCode run_pause(const Invocation& invocation) {
  return operate(invocation, "pause");
}

ExitCode run_resume(const Invocation& invocation) {
  return operate(invocation, "resume");
}

ExitCode run_retry(const Invocation& invocation) {
  return operate(invocation, "retry");
}

ExitCode run_adopt(const Invocation& invocation) {
  return tell(invocation, "adopt", "the place where the file is now has been accepted");
}

ExitCode run_reload(const Invocation& invocation) {
  return tell(invocation, "reload", "the configuration has been read again");
}

ExitCode run_stop(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  const Ending ending(parse_report(client.get("/v1/status")).pid);
  client.post("/v1/stop", "");
  if (!ending.wait(kStopWithin))
    throw CtlFailure(ExitCode::timed_out, "the daemon is still stopping; see its log");
  fmt::print("the daemon has stopped\n");
  return ExitCode::done;
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
