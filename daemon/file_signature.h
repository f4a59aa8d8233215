#pragma once

#include <array>
#include <filesystem>

namespace sluice::daemon {

/// What the outside of a database file and its log look like: inode, size and time of both. Tells without
/// opening them whether anybody has written since.
struct FileSignature {
  std::array<long long, 8> facts{};
  bool operator==(const FileSignature&) const = default;
};

FileSignature signature_of(const std::filesystem::path& database);

}  // namespace sluice::daemon
