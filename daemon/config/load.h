#pragma once

#include <filesystem>

#include "daemon/config/config.h"

namespace sluice::daemon {

/// Reads and checks a configuration file; a path may begin with ~. Throws ConfigError.
Config load_config(const std::filesystem::path& file);

}  // namespace sluice::daemon
