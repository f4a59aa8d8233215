#include "tests/support/slow_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <thread>

namespace sluice::support {
namespace {

constexpr const char* kName = "slow-disk";

std::atomic<std::chrono::milliseconds> wait_for_disk;
const sqlite3_io_methods* usual = nullptr;  // of a log, from the VFS below

int sync_slowly(sqlite3_file* file, int flags) {
  std::this_thread::sleep_for(wait_for_disk.load());
  return usual->xSync(file, flags);
}

int open_slowly(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* given) {
  auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int result = below->xOpen(below, name, file, flags, given);
  if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return result;
  usual = file->pMethods;
  static const sqlite3_io_methods slow = [] {
    sqlite3_io_methods methods = *usual;
    methods.xSync = sync_slowly;
    return methods;
  }();
  file->pMethods = &slow;
  return result;
}

}  // namespace

const char* slow_disk(std::chrono::milliseconds pause) {
  wait_for_disk = pause;
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs made = *below;
    made.zName = kName;
    made.pNext = nullptr;
    made.pAppData = below;
    made.xOpen = open_slowly;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return kName;
}

}  // namespace sluice::support
