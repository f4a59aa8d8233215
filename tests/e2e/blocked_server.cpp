#include "tests/e2e/blocked_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tests/support/postgres_cluster.h"

namespace sluice::e2e {
namespace {

void must(bool well, const char* what) {
  if (!well) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

BlockedServer::BlockedServer() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(listener >= 0, "socket");
  sockets_.push_back(listener);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const place = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  must(::bind(listener, place, size) == 0 && ::listen(listener, 0) == 0, "listen");
  must(::getsockname(listener, place, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  for (int i = 0; i < 3; ++i) {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(sockets_.back(), place, size));  // under way, and it stays so
  }
}

BlockedServer::~BlockedServer() {
  for (const int socket : sockets_) ::close(socket);
}

std::string BlockedServer::url() const {
  return support::postgres_url("127.0.0.1", port_, "nothing", "nobody");
}

SilentClient::SilentClient(const std::filesystem::path& socket, const std::string& bytes)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
  must(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
  must(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
       "send");
}

SilentClient::~SilentClient() {
  ::close(socket_);
}

std::string request(const std::string& method, const std::string& path, const std::string& body) {
  return method + " " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace sluice::e2e
