#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "daemon/control/socket_error.h"

namespace sluice::daemon {

/// The listening UNIX socket, kept for the daemon's own user: mode 0600 in a directory of mode 0700; with a
/// group 0660 and 0750. An existing directory is left as it is, unless it is ours and holds nothing else. Any
/// one thread.
class ControlSocket {
 public:
  /// Takes over the socket that systemd passed, which is then never changed or removed; else binds `path`.
  /// A stale socket in the way is removed, anything else is not. Throws SocketError, also when another
  /// daemon is listening there.
  static ControlSocket open(const std::filesystem::path& path, const std::string& group);

  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  /// Closes the socket unless release() was called, and removes it if it is still the one bound here.
  ~ControlSocket();

  const std::filesystem::path& path() const { return path_; }
  /// The descriptor, from now on the caller's to close.
  int release();

 private:
  ControlSocket(int socket, std::filesystem::path path) : socket_(socket), path_(std::move(path)) {}
  static ControlSocket adopt(int socket);

  int socket_;
  std::filesystem::path path_;
  bool bound_here_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sluice::daemon
