#include "daemon/control/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/control/socket_error.h"

namespace sluice::daemon {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, int error) {
  throw SocketError(what + ": " + std::strerror(error) +
                    "; set control.socket to a path in a directory of your own");
}

void make(const fs::path& directory) {
  if (directory.empty() || fs::exists(directory)) return;
  make(directory.parent_path());
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    fail("cannot make the directory of the control socket, " + directory.string(), errno);
}

bool holds_nothing_but(const fs::path& directory, const fs::path& name) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
    if (entry.path().filename() != name) return false;
  return !error;
}

void refuse_if_open_to_all(const fs::path& directory, const struct stat& facts) {
  const bool anybody_may_replace = (facts.st_mode & S_IWOTH) != 0 && (facts.st_mode & S_ISVTX) == 0;
  if (!anybody_may_replace) return;
  throw SocketError("everybody may write to " + directory.string() +
                    ", so anybody could put a socket of their own there; set control.socket to a path in a "
                    "directory of your own, or chmod o-w it");
}

}  // namespace

ControlDirectory::ControlDirectory(const fs::path& directory, const fs::path& socket_name,
                                   std::optional<gid_t> group) {
  make(directory);
  descriptor_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) fail("cannot open the directory of the control socket, " + directory.string(), errno);
  flock(descriptor_, LOCK_EX);
  struct stat facts {};
  fstat(descriptor_, &facts);
  if (facts.st_uid == geteuid() && holds_nothing_but(directory, socket_name)) {
    if (group && fchown(descriptor_, static_cast<uid_t>(-1), *group) != 0)
      fail("cannot give " + directory.string() + " to the group of control.group", errno);
    fchmod(descriptor_, group ? 0750 : 0700);
    fstat(descriptor_, &facts);
  }
  refuse_if_open_to_all(directory, facts);
}

ControlDirectory::~ControlDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace sluice::daemon
