#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sluice::e2e {

/// A place at which nobody ever answers a connection: somebody listens, and the queue of those who wait to be
/// let in is full. On a port of 127.0.0.1.
class BlockedServer {
 public:
  BlockedServer();
  ~BlockedServer();
  BlockedServer(const BlockedServer&) = delete;
  BlockedServer& operator=(const BlockedServer&) = delete;

  std::string url() const;

 private:
  int port_ = 0;
  std::vector<int> sockets_;
};

/// A client of the control socket that sends bytes and waits for nothing; it hangs up at its end.
class SilentClient {
 public:
  SilentClient(const std::filesystem::path& socket, const std::string& bytes);
  ~SilentClient();
  SilentClient(const SilentClient&) = delete;
  SilentClient& operator=(const SilentClient&) = delete;

 private:
  int socket_;
};

/// A request with a JSON body, as it goes over the wire.
std::string request(const std::string& method, const std::string& path, const std::string& body = "{}");

}  // namespace sluice::e2e
