#include "daemon/control/server.h"

#include <sys/socket.h>
#include <unistd.h>

namespace sluice::daemon {

namespace {

constexpr std::chrono::milliseconds kBreather{100};

/// What a peer is whose credentials can't be read: nobody's id.
constexpr uid_t kUnknownUser = static_cast<uid_t>(-1);

uid_t peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : kUnknownUser;
}

}  // namespace

ControlServer::ControlServer(boost::asio::io_context& io, ControlSocket socket, ControlService& service)
    : socket_(std::move(socket)),
      house_{ControlDesk{service}, EventHub(io, service), geteuid()},
      acceptor_(io, Protocol(), socket_.release()),
      breather_(io) {
  accept();
}

ControlServer::~ControlServer() {
  *alive_ = false;
  house_.events.stop();
  for (const Open& each : open_)
    if (const auto session = each.session.lock()) session->close();
}

void ControlServer::accept() {
  if (is_full(places())) return pause_accepting();
  acceptor_.async_accept([this, alive = alive_](boost::system::error_code error, Protocol::socket client) {
    if (!*alive) return;
    if (error) return pause_accepting();
    welcome(std::move(client));
    accept();
  });
}

void ControlServer::welcome(Protocol::socket client) {
  const uid_t user = peer_of(client.native_handle());
  const Place place{user, admit(user, house_.owner, places())};
  if (place.admission == Admission::turned_away) return;
  const auto session = ControlSession::create(std::move(client), house_, place);
  open_.push_back({session, place});
  session->start();
}

/// Out of descriptors, or too many connections: time will help, trying at once would not.
void ControlServer::pause_accepting() {
  breather_.expires_after(kBreather);
  breather_.async_wait([this, alive = alive_](boost::system::error_code) {
    if (*alive) accept();
  });
}

std::vector<Place> ControlServer::places() {
  std::erase_if(open_, [](const Open& each) { return each.session.expired(); });
  std::vector<Place> taken;
  for (const Open& each : open_) taken.push_back(each.place);
  return taken;
}

}  // namespace sluice::daemon
