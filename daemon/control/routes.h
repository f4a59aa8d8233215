#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/control/metrics.h"
#include "daemon/control/request.h"
#include "daemon/report/service.h"

/// Which request does what. Knows nothing of sockets. Control thread only.
namespace sluice::daemon {

/// What goes back for a request.
struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
  std::string allow{};                 ///< for a 405
  std::function<void()> afterwards{};  ///< called once the answer has gone out, or the client has
};

/// Takes the answer, at once or much later. Work that takes long says so first: then it may tell lines of
/// JSON ahead of its answer, and signs of life go out where it tells none. Once a line has gone out the
/// answer is the last line, whatever its status.
struct Respond {
  std::function<void(Response)> finish;
  std::function<void()> expect_lines;
  std::function<void(std::string)> line;  ///< may be left out where a newer one comes soon
  std::function<bool()> wanted;           ///< false once the client has hung up

  void operator()(Response response) const { finish(std::move(response)); }
};

/// What handlers work with. The durations are shared because a flush may be answered after the server is
/// gone.
struct ControlDesk {
  ControlService& service;
  std::shared_ptr<FlushDurations> durations = std::make_shared<FlushDurations>();
};

enum class Access {
  group,  ///< whoever may connect: the owner, root, and the members of control.group
  owner,  ///< the owner and root
};

/// `asked` is the body of a POST, and the query of a GET.
using Handler = void (*)(ControlDesk& desk, std::string_view asked, Respond respond);

struct Route {
  std::string_view method;
  std::string_view path;
  Access access;
  Handler handler;  ///< null: a stream of events
};

/// HTTP alone knows this one: the path is there, but takes another method.
class WrongMethod : public Refusal {
 public:
  explicit WrongMethod(const Route& route);
  std::string allow;  ///< value of the Allow header
};

/// The route for a method and a path, whatever the query. Throws Refusal: not_found with the list of paths,
/// or WrongMethod.
const Route& find_route(std::string_view method, std::string_view target);

/// May a process of this user use a route of a daemon that runs as `owner`?
bool may_use(const Route& route, uid_t peer, uid_t owner);

/// Throws Refusal (forbidden) where may_use() says no.
void check_access(const Route& route, uid_t peer, uid_t owner);

/// Finds, checks and runs; every failure becomes a response. Returns false for an allowed request that asks
/// for the stream of events, which is the caller's to open.
bool answer(ControlDesk& desk, std::string_view method, std::string_view target, std::string_view body,
            uid_t peer, uid_t owner, const Respond& respond);

Response to_response(const ControlError& error);

}  // namespace sluice::daemon
