#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/ctl/client.h"

namespace sluice::daemon {

namespace {

namespace fs = std::filesystem;

std::string user_name(uid_t id) {
  const passwd* found = getpwuid(id);
  return found != nullptr ? found->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
  const group* found = getgrgid(id);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

/// Where a directory on the way is closed to us, its owner stands in for the socket's.
std::string owner_of(fs::path path) {
  struct stat facts {};
  while (stat(path.c_str(), &facts) != 0 && path.has_relative_path()) path = path.parent_path();
  return user_name(facts.st_uid) + ":" + group_name(facts.st_gid);
}

}  // namespace

void throw_no_daemon(const fs::path& socket, int error) {
  const std::string path = socket.string();
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      throw NobodyThere("no socket at " + path + "; start sluiced, or name its socket with --socket");
    case ECONNREFUSED:
    case ENOTSOCK:
    case EPROTOTYPE:
      throw NobodyThere("nobody listens at " + path + "; start sluiced");
    case EACCES:
    case EPERM:
      throw CtlFailure(ExitCode::no_daemon, "permission denied: you are " + user_name(geteuid()) +
                                                ", the socket belongs to " + owner_of(socket) +
                                                "; ask as that user, or join the group of control.group");
    default:
      throw CtlFailure(ExitCode::no_daemon,
                       "cannot connect to " + path + ": " + std::strerror(error) + "; check the path");
  }
}

}  // namespace sluice::daemon
