#pragma once

#include <filesystem>

#include "daemon/config/config.h"

/// Where the configuration and the control socket are. Reads the environment.
namespace sluice::daemon {

/// The file that is read without --config: $XDG_CONFIG_HOME/sluice/config.yaml, ~/.config/sluice/config.yaml,
/// /etc/sluice/config.yaml, the first that exists; the first of them where none does.
std::filesystem::path default_config_path();

/// The control socket's path: `option` (--socket), $SLUICE_SOCKET, control.socket, $RUNTIME_DIRECTORY,
/// $XDG_RUNTIME_DIR/sluice/control.sock, /run/user/UID/sluice/control.sock.
std::filesystem::path socket_path(const std::filesystem::path& option, const Config* config);

}  // namespace sluice::daemon
