#include "daemon/config/places.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/config/paths.h"

namespace sluice::daemon {

namespace fs = std::filesystem;

fs::path default_config_path() {
  std::vector<fs::path> candidates;
  if (const fs::path xdg = path_from("XDG_CONFIG_HOME"); !xdg.empty()) candidates.push_back(xdg);
  candidates.push_back(home_folder() / ".config");
  candidates.push_back("/etc");
  for (const fs::path& folder : candidates) {
    std::error_code unreadable;
    if (fs::exists(folder / "sluice/config.yaml", unreadable)) return folder / "sluice/config.yaml";
  }
  return candidates.front() / "sluice/config.yaml";
}

fs::path socket_path(const fs::path& option, const Config* config) {
  if (!option.empty()) return option;
  if (const char* chosen = std::getenv("SLUICE_SOCKET"); chosen != nullptr && *chosen != '\0') return chosen;
  if (config != nullptr && !config->control.socket.empty()) return config->control.socket;
  if (const fs::path folder = first_path_from("RUNTIME_DIRECTORY"); !folder.empty())
    return folder / "control.sock";
  if (const fs::path folder = path_from("XDG_RUNTIME_DIR"); !folder.empty())
    return folder / "sluice/control.sock";
  return "/run/user/" + std::to_string(getuid()) + "/sluice/control.sock";
}

}  // namespace sluice::daemon
