#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "daemon/control/session.h"
#include "daemon/control/socket.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// The daemon's end of the control channel: HTTP/1.1 over the UNIX socket. Everything happens on the thread
/// that runs `io`; construct and destroy it there. `io` and `service` must outlive it; a reply of the service
/// may outlive the server and then goes nowhere.
class ControlServer {
 public:
  /// Starts to accept at once.
  ControlServer(boost::asio::io_context& io, ControlSocket socket, ControlService& service);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  /// Closes every connection and removes the socket where it was made here.
  ~ControlServer();

  const std::filesystem::path& path() const { return socket_.path(); }

 private:
  using Protocol = boost::asio::local::stream_protocol;

  void accept();
  void welcome(Protocol::socket client);
  void pause_accepting();
  std::vector<Place> places();

  ControlSocket socket_;
  ControlHouse house_;
  Protocol::acceptor acceptor_;
  boost::asio::steady_timer breather_;
  struct Open {
    std::weak_ptr<ControlSession> session;
    Place place;
  };
  std::vector<Open> open_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::daemon
