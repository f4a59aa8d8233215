#include "daemon/control/server.h"

#include <unistd.h>

namespace sluice::daemon {

namespace {

constexpr std::size_t kServedAtOnce = 64;
/// Some more are let in to be told that there are too many; beyond these the kernel's queue is where they
/// wait.
constexpr std::size_t kOpenAtOnce = kServedAtOnce + 16;
constexpr std::chrono::milliseconds kBreather{100};

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
  for (const auto& session : sessions_)
    if (const auto open = session.lock()) open->close();
}

void ControlServer::accept() {
  if (count_sessions() >= kOpenAtOnce) return pause_accepting();
  acceptor_.async_accept([this, alive = alive_](boost::system::error_code error, Protocol::socket client) {
    if (!*alive) return;
    if (error) return pause_accepting();
    welcome(std::move(client));
    accept();
  });
}

void ControlServer::welcome(Protocol::socket client) {
  const bool full = count_sessions() >= kServedAtOnce;
  const auto admission = full ? ControlSession::Admission::too_many : ControlSession::Admission::served;
  const auto session = ControlSession::create(std::move(client), house_, admission);
  sessions_.push_back(session);
  session->start();
}

/// Out of descriptors, or too many connections: time will help, trying at once would not.
void ControlServer::pause_accepting() {
  breather_.expires_after(kBreather);
  breather_.async_wait([this, alive = alive_](boost::system::error_code) {
    if (*alive) accept();
  });
}

std::size_t ControlServer::count_sessions() {
  std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
  return sessions_.size();
}

}  // namespace sluice::daemon
