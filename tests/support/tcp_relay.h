#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace sluice::support {

/// A man in the middle between a client and a server's UNIX socket, who can be told to be a bad link.
/// Works on a thread of its own; every call is safe from any thread and takes effect before it returns.
class TcpRelay {
 public:
  enum class Listen { unix_socket, loopback };
  enum class Direction { to_server, to_client };

  /// Listens on a UNIX socket in a folder of its own (as libpq wants it: host() is that folder), or on a free
  /// port of 127.0.0.1.
  explicit TcpRelay(std::filesystem::path server_socket, Listen listen = Listen::unix_socket);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  const std::string& host() const;
  int port() const;
  /// A libpq URL that goes through the relay.
  std::string url(const std::string& database, const std::string& user) const;

  /// Every byte arrives this much later; applied to each direction, so a round trip takes twice as long.
  void delay(std::chrono::milliseconds one_way);
  /// Nothing is passed on in either direction until stall(false); connections stay open.
  void stall(bool on);
  /// New connections are closed at once until reject(false).
  void reject(bool on);
  /// Closes all connections now.
  void cut();
  /// Closes the clients' ends of all connections now and keeps the server's ends open for as long as the
  /// relay lives, as after a cable was pulled: the server does not learn that nobody listens any more.
  void abandon();
  /// Passes on so many more bytes in one direction, over all connections, then closes them all, once.
  void cut_after(Direction direction, std::int64_t bytes);
  /// Closes all connections, once, in place of passing on the next words of the server that hold these.
  void cut_at_answer(std::string words);
  /// From now on no connection passes on more than so many bytes, both directions taken together, before it
  /// is closed. Nothing: as many as they like.
  void carry_at_most(std::optional<std::int64_t> bytes);

  std::int64_t bytes(Direction direction) const;
  std::int64_t connections() const;
  /// How often the client spoke after the server had (or first): the round trips of an obedient client.
  std::int64_t round_trips() const;
  /// How many connections were closed because they had carried all they could.
  std::int64_t worn_out() const;
  /// Sets bytes, connections and round trips to zero.
  void reset_counts();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::support
