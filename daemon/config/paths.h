#pragma once

#include <filesystem>
#include <string>

namespace sluice::daemon {

/// The path in an environment variable; empty when it is unset or not absolute, which the XDG rules call
/// invalid.
std::filesystem::path path_from(const char* variable);

/// The same for a variable in which systemd may list several folders with colons: the first.
std::filesystem::path first_path_from(const char* variable);

/// The user's home folder: $HOME, else what the user database says. Empty if neither knows.
std::filesystem::path home_folder();

/// Where programs of Sluice keep notes between their runs: $STATE_DIRECTORY, else $XDG_STATE_HOME/sluice,
/// else
/// ~/.local/state/sluice. Need not exist.
std::filesystem::path notes_folder();

/// A path as written in a configuration file in `folder`: `~` and `~/...` are expanded, a relative one is
/// taken from `folder`. The result is absolute and need not exist.
std::filesystem::path resolved_path(const std::string& text, const std::filesystem::path& folder);

/// Do two absolute paths lead to the same file, by whatever names and links?
bool same_file(const std::filesystem::path& one, const std::filesystem::path& other);

}  // namespace sluice::daemon
