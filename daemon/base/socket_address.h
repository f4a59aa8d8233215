#pragma once

#include <sys/un.h>

#include <filesystem>
#include <optional>

namespace sluice::daemon {

/// The longest path a UNIX socket can have, in bytes.
inline constexpr std::size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;

/// The address of a UNIX socket; nothing where the path is empty or too long.
std::optional<sockaddr_un> socket_address(const std::filesystem::path& path);

/// What a connection attempt meets: 0, or the errno. Does not wait.
int try_connect(const sockaddr_un& address);

}  // namespace sluice::daemon
