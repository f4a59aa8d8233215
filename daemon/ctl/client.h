#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ctl/failure.h"
#include "daemon/report/service.h"
#include "daemon/report/verify.h"

namespace sluice::daemon {

struct ClientRequest {
  std::string method;
  std::string path;
  std::string body{};
};

struct ClientAnswer {
  std::string body;
  std::optional<ControlError> refusal{};
};

/// The daemon keeps a request's deadline; this is how much later the client gives up on the daemon.
constexpr std::chrono::seconds kGrace{5};

/// sluicectl's end of the control channel. Blocking; any one thread. Failures are CtlFailure: `no_daemon`
/// when there is nobody to talk to, `timed_out` when no answer came, `failed` when the connection broke.
class ControlClient {
 public:
  explicit ControlClient(std::filesystem::path socket) : socket_(std::move(socket)) {}

  const std::filesystem::path& socket() const { return socket_; }

  /// Sends all requests at once, each on a connection of its own, and waits for all answers, in the order of
  /// the requests. `tick` is called some times a second meanwhile.
  std::vector<ClientAnswer> exchange(const std::vector<ClientRequest>& requests,
                                     std::chrono::milliseconds timeout,
                                     const std::function<void()>& tick = {}) const;

  /// One request. Throws failure_from() the error document when it is refused.
  std::string get(const std::string& path) const;
  std::string post(const std::string& path, const std::string& body = "") const;

  /// One request for work that takes long: tells of its progress as that comes, and returns the result. Gives
  /// up when nothing was heard for a minute; throws failure_from() an error document.
  std::string follow(const ClientRequest& request, const OnProgress& on_progress) const;

 private:
  std::string ask(ClientRequest request) const;

  std::filesystem::path socket_;
};

/// The daemon closed the connection before it answered: it may have come to its end just then.
class HungUp : public CtlFailure {
 public:
  explicit HungUp(const std::string& reason) : CtlFailure(ExitCode::failed, reason) {}
};

/// There is no daemon: as opposed to one that we may not speak to.
class NobodyThere : public CtlFailure {
 public:
  explicit NobodyThere(const std::string& reason) : CtlFailure(ExitCode::no_daemon, reason) {}
};

/// Throws why there is nobody to talk to, by the errno of connect(): "no socket at PATH", "nobody listens at
/// PATH" (both NobodyThere), or "permission denied: you are U, the socket belongs to O:G", each with its
/// remedy.
[[noreturn]] void throw_no_daemon(const std::filesystem::path& socket, int error);

}  // namespace sluice::daemon
