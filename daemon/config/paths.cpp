#include "daemon/config/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "daemon/config/config.h"

namespace sluice::daemon {

namespace fs = std::filesystem;

fs::path first_path_from(const char* variable) {
  const char* value = std::getenv(variable);
  const std::string listed = value == nullptr ? "" : value;
  const fs::path path(listed.substr(0, listed.find(':')));
  return path.is_absolute() ? path : fs::path();
}

fs::path home_folder() {
  if (const fs::path home = first_path_from("HOME"); !home.empty()) return home;
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

fs::path resolved_path(const std::string& text, const fs::path& folder) {
  if (text == "~") return home_folder();
  if (text.starts_with("~/")) return (home_folder() / text.substr(2)).lexically_normal();
  return (folder / text).lexically_normal();
}

fs::path default_config_path() {
  std::vector<fs::path> candidates;
  if (const fs::path xdg = first_path_from("XDG_CONFIG_HOME"); !xdg.empty()) candidates.push_back(xdg);
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
  if (const fs::path folder = first_path_from("XDG_RUNTIME_DIR"); !folder.empty())
    return folder / "sluice/control.sock";
  return "/run/user/" + std::to_string(getuid()) + "/sluice/control.sock";
}

}  // namespace sluice::daemon
