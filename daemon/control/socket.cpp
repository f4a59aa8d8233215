#include "daemon/control/socket.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "daemon/base/socket_address.h"
#include "daemon/control/directory.h"

namespace sluice::daemon {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, int error, const std::string& remedy) {
  throw SocketError(what + ": " + std::strerror(error) + "; " + remedy);
}

std::optional<gid_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const group* found = getgrnam(name.c_str());
  if (found == nullptr)
    throw SocketError("control.group: there is no group '" + name + "'; make it, or name one that exists");
  return found->gr_gid;
}

sockaddr_un address_of(const fs::path& path) {
  if (const auto address = socket_address(path)) return *address;
  throw SocketError("the control socket's path has " + std::to_string(path.native().size()) +
                    " bytes, at most " + std::to_string(kLongestSocketPath) +
                    " are possible: " + path.string() + "; set control.socket to a shorter one");
}

/// Removes a socket that nobody answers; everything else in the way is an error.
void remove_stale(const fs::path& path, const sockaddr_un& address) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return;
  if (!S_ISSOCK(facts.st_mode))
    throw SocketError(path.string() +
                      " is in the way and is no socket; remove it or set another control.socket");
  const int refusal = try_connect(address);
  if (refusal == 0 || refusal == EAGAIN)
    throw SocketError("another sluiced is listening at " + path.string() +
                      "; stop it, or set another control.socket");
  if (refusal != ECONNREFUSED)
    fail("cannot tell who listens at " + path.string(), refusal, "set another control.socket");
  if (unlink(path.c_str()) != 0)
    fail("cannot remove the stale socket " + path.string(), errno, "remove it or set another control.socket");
}

/// The mode is set before the bind, so that the socket is never open to anybody else, not even for a moment.
void bind_private(int socket, const fs::path& path, const sockaddr_un& address) {
  fchmod(socket, 0600);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("cannot make the control socket " + path.string(), errno, "set another control.socket");
  chmod(path.c_str(), 0600);
}

void open_to_group(const fs::path& path, gid_t group) {
  if (lchown(path.c_str(), static_cast<uid_t>(-1), group) != 0)
    fail("cannot give " + path.string() + " to the group of control.group", errno,
         "run sluiced as a member of that group");
  chmod(path.c_str(), 0660);
}

fs::path path_of(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address - 1;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return address.sun_path;
}

}  // namespace

ControlSocket ControlSocket::adopt(int socket) {
  if (sd_is_socket_unix(socket, SOCK_STREAM, 1, nullptr, 0) <= 0)
    throw SocketError("systemd passed something that is no listening UNIX socket; see sluice.socket");
  return {socket, path_of(socket)};
}

ControlSocket ControlSocket::open(const fs::path& path, const std::string& group) {
  const int passed = sd_listen_fds(1);
  if (passed > 1)
    throw SocketError("systemd passed " + std::to_string(passed) + " sockets, not one; see sluice.socket");
  if (passed == 1) return adopt(SD_LISTEN_FDS_START);

  const std::optional<gid_t> group_to_serve = group_id(group);
  const sockaddr_un address = address_of(path);
  const ControlDirectory locked(path.has_parent_path() ? path.parent_path() : ".", path.filename(),
                                group_to_serve);
  remove_stale(path, address);

  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening < 0) fail("cannot make a socket", errno, "raise the limit of open files");
  ControlSocket socket(listening, path);
  bind_private(listening, path, address);
  struct stat facts {};
  lstat(path.c_str(), &facts);
  socket.bound_here_ = true;
  socket.device_ = facts.st_dev;
  socket.inode_ = facts.st_ino;
  if (group_to_serve) open_to_group(path, *group_to_serve);
  if (listen(listening, SOMAXCONN) != 0)
    fail("cannot listen at " + path.string(), errno, "set another control.socket");
  return socket;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      path_(std::move(other.path_)),
      bound_here_(std::exchange(other.bound_here_, false)),
      device_(other.device_),
      inode_(other.inode_) {
}

ControlSocket::~ControlSocket() {
  struct stat facts {};
  const bool still_ours =
      bound_here_ && lstat(path_.c_str(), &facts) == 0 && facts.st_dev == device_ && facts.st_ino == inode_;
  if (still_ours) unlink(path_.c_str());
  if (socket_ >= 0) ::close(socket_);
}

int ControlSocket::release() {
  return std::exchange(socket_, -1);
}

}  // namespace sluice::daemon
