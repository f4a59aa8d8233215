#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace sluice::daemon {

/// The directory of the control socket, locked against other daemons that look for a stale socket in it at
/// the same time. The lock ends with the object.
class ControlDirectory {
 public:
  /// Makes the directory where it is missing, and gives it its mode and group where it is ours alone: new, or
  /// owned by us and empty but for `socket_name`. Throws SocketError.
  ControlDirectory(const std::filesystem::path& directory, const std::filesystem::path& socket_name,
                   std::optional<gid_t> group);
  ControlDirectory(const ControlDirectory&) = delete;
  ControlDirectory& operator=(const ControlDirectory&) = delete;
  ~ControlDirectory();

 private:
  int descriptor_ = -1;
};

}  // namespace sluice::daemon
