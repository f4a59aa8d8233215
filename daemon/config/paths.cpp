#include "daemon/config/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sluice::daemon {

namespace fs = std::filesystem;

fs::path path_from(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return {};
  const fs::path path(value);
  return path.is_absolute() ? path : fs::path();
}

fs::path first_path_from(const char* variable) {
  const std::string listed = path_from(variable).string();
  return listed.substr(0, listed.find(':'));
}

fs::path home_folder() {
  if (const fs::path home = path_from("HOME"); !home.empty()) return home;
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

fs::path notes_folder() {
  if (const auto given = first_path_from("STATE_DIRECTORY"); !given.empty()) return given;
  if (const auto state = path_from("XDG_STATE_HOME"); !state.empty()) return state / "sluice";
  return home_folder() / ".local/state/sluice";
}

fs::path resolved_path(const std::string& text, const fs::path& folder) {
  if (text == "~") return home_folder();
  if (text.starts_with("~/")) return (home_folder() / text.substr(2)).lexically_normal();
  return (folder / text).lexically_normal();
}

bool same_file(const fs::path& one, const fs::path& other) {
  std::error_code unreadable;
  return one == other || fs::equivalent(one, other, unreadable);
}

}  // namespace sluice::daemon
