#include "capture/migration_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "capture/source_types.h"

namespace sluice::capture {
namespace {

constexpr std::chrono::seconds kPatience{10};

bool acquired(int folder, MigrationLock::Kind kind) {
  const bool alone = kind == MigrationLock::Kind::migration;
  const auto end = std::chrono::steady_clock::now() + (alone ? kPatience : std::chrono::seconds(0));
  while (flock(folder, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// What a migration starts keeps its lock alive; what an installer's process starts is none of its business.
int open_folder(const std::string& path, MigrationLock::Kind kind) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  const int close_on_exec = kind == MigrationLock::Kind::migration ? 0 : O_CLOEXEC;
  return open(folder.c_str(), O_RDONLY | O_DIRECTORY | close_on_exec);
}

}  // namespace

MigrationLock::MigrationLock(const std::string& path, Kind kind) : folder_(open_folder(path, kind)) {
  if (folder_ >= 0 && acquired(folder_, kind)) return;
  if (folder_ >= 0) close(folder_);
  throw SourceError("migration_running",
                    "a schema migration runs beside " + path + ", and capture is out of its way",
                    "wait: it goes on when sluicectl migrate has come to its end");
}

MigrationLock::~MigrationLock() {
  flock(folder_, LOCK_UN);  // for those as well that have inherited it and live on
  close(folder_);
}

}  // namespace sluice::capture
