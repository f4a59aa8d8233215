#include "capture/migration_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "capture/source_types.h"

namespace sluice::capture {
namespace {

constexpr std::chrono::seconds kPatience{10};

/// 0, or the error that kept it from being acquired; EWOULDBLOCK where somebody else has it.
int acquire(int folder, MigrationLock::Kind kind) {
  const bool alone = kind == MigrationLock::Kind::migration;
  const auto end = std::chrono::steady_clock::now() + (alone ? kPatience : std::chrono::seconds(0));
  while (flock(folder, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    const bool busy = errno == EWOULDBLOCK || errno == EINTR;
    if (!busy || std::chrono::steady_clock::now() >= end) return errno;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}

std::filesystem::path folder_of(const std::string& path) {
  return std::filesystem::absolute(path).parent_path();
}

/// What a migration starts keeps its lock alive; what an installer's process starts is none of its business.
int open_folder(const std::string& path, MigrationLock::Kind kind) {
  const int close_on_exec = kind == MigrationLock::Kind::migration ? 0 : O_CLOEXEC;
  return open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | close_on_exec);
}

/// Why the folder can't be opened or locked, by errno.
SourceError unlockable(const std::string& path, int error) {
  const std::string folder = folder_of(path).string();
  switch (error) {
    case EWOULDBLOCK:
    case EINTR:
      return {"migration_running",
              "a schema migration runs beside " + path + ", and capture is out of its way",
              "wait: it goes on when sluicectl migrate has come to its end"};
    case ENOENT:
    case ENOTDIR:
      return {"source_missing", "the folder " + folder + " is gone",
              "check source.path; it is looked at again by itself"};
    case EACCES:
    case EPERM:
      return {"source_folder_unwritable", "the folder " + folder + " may not be read by this user",
              "SQLite keeps its -wal, -shm and -journal files beside the database: give the user the folder"};
    case EMFILE:
    case ENFILE:
      return {"too_many_files", "no further file can be opened, the folder " + folder + " least of all",
              "raise the limit of open files (LimitNOFILE= of the unit, fs.file-max of the machine)"};
    default:
      return {"source_folder_unlockable",
              "the folder " + folder + " cannot be locked: " + std::generic_category().message(error),
              "without a lock a migration could run beside this: put the file on a local file system"};
  }
}

}  // namespace

MigrationLock::MigrationLock(const std::string& path, Kind kind) : folder_(open_folder(path, kind)) {
  const int error = folder_ < 0 ? errno : acquire(folder_, kind);
  if (error == 0) return;
  if (folder_ >= 0) close(folder_);
  throw unlockable(path, error);
}

MigrationLock::~MigrationLock() {
  flock(folder_, LOCK_UN);  // for those as well that have inherited it and live on
  close(folder_);
}

}  // namespace sluice::capture
