#include "capture/quiet_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace sluice::capture {
namespace {

constexpr int kLetWrite = 0x736C7763;  // "slwc"; SQLite keeps the numbers up to 100 for itself
constexpr int kIsRead = 0x736C7764;

/// Locks of a -shm as xShmLock counts them (WAL_WRITE_LOCK and WAL_READ_LOCK in SQLite's wal.c).
constexpr int kWriteLock = 0;
constexpr int kFirstReadLock = 3;
constexpr int kReadLocks = 5;

/// How often in a row a reader is refused the write lock. By then SQLite has slept for 5 ms (walTryBeginRead:
/// from the tenth look on, the square of the looks since the ninth times 39 us), longer than a scheduler lets
/// a runnable writer wait between the two copies of the header, which are 48 bytes each. What is still broken
/// is so for good. The price is those 5 ms at each first look at a file that nobody else has open, whose -shm
/// SQLite has to make.
constexpr int kRefusals = 16;

/// A main database file; the default VFS's own object follows it in memory.
struct QuietFile : sqlite3_file {
  sqlite3_io_methods methods{};  ///< as many as the real file has, so each file has its own
  bool may_write = false;
  bool has_shm = false;
  int refusals = 0;  ///< since the last successful read lock
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(static_cast<QuietFile*>(file) + 1);
}

sqlite3_vfs* real(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// A method that does what the real object's does.
template <auto Method>
struct Forward;

template <typename Result, typename... Arguments,
          Result (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Forward<Method> {
  static Result call(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*Method)(real(file), arguments...);
  }
};

template <typename Result, typename... Arguments, Result (*sqlite3_vfs::*Method)(sqlite3_vfs*, Arguments...)>
struct Forward<Method> {
  static Result call(sqlite3_vfs* vfs, Arguments... arguments) {
    return (real(vfs)->*Method)(real(vfs), arguments...);
  }
};

/// Forwards those of the methods that the real object has: to SQLite a missing one means something.
template <auto... Methods, typename Table>
void forward(Table& table, const Table& real_table) {
  ((table.*Methods = real_table.*Methods == nullptr ? nullptr : &Forward<Methods>::call), ...);
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  QuietFile& quiet = *static_cast<QuietFile*>(file);
  const bool wants_write_lock = offset == kWriteLock && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
  if (wants_write_lock && !quiet.may_write && quiet.refusals < kRefusals) {
    ++quiet.refusals;
    return SQLITE_BUSY;
  }
  const int result = Forward<&sqlite3_io_methods::xShmLock>::call(file, offset, count, flags);
  const bool reads = offset >= kFirstReadLock && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
  if (reads && result == SQLITE_OK) quiet.refusals = 0;
  return result;
}

int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  static_cast<QuietFile*>(file)->has_shm = true;
  return Forward<&sqlite3_io_methods::xShmMap>::call(file, page, size, extend, memory);
}

int shm_unmap(sqlite3_file* file, int remove) {
  static_cast<QuietFile*>(file)->has_shm = false;
  return Forward<&sqlite3_io_methods::xShmUnmap>::call(file, remove);
}

/// Every reader shares one of the read locks, so none of them can then be had alone. SQLite itself asks like
/// this before it starts the log again from its beginning (walRestartLog).
bool is_read(sqlite3_file* file) {
  const auto lock = [&](int which, int flags) {
    return Forward<&sqlite3_io_methods::xShmLock>::call(file, which, 1, flags | SQLITE_SHM_EXCLUSIVE);
  };
  for (int which = kFirstReadLock; which < kFirstReadLock + kReadLocks; ++which) {
    if (lock(which, SQLITE_SHM_LOCK) != SQLITE_OK) return true;
    lock(which, SQLITE_SHM_UNLOCK);
  }
  return false;
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  QuietFile& quiet = *static_cast<QuietFile*>(file);
  switch (operation) {
    case kLetWrite:
      quiet.may_write = *static_cast<const bool*>(argument);
      return SQLITE_OK;
    case kIsRead:
      *static_cast<bool*>(argument) = quiet.has_shm && is_read(file);
      return SQLITE_OK;
    default:
      return Forward<&sqlite3_io_methods::xFileControl>::call(file, operation, argument);
  }
}

sqlite3_io_methods quiet_methods(const sqlite3_io_methods& table) {
  using Methods = sqlite3_io_methods;
  Methods quiet{};
  quiet.iVersion = std::min(table.iVersion, 3);
  forward<&Methods::xClose, &Methods::xRead, &Methods::xWrite, &Methods::xTruncate, &Methods::xSync,
          &Methods::xFileSize, &Methods::xLock, &Methods::xUnlock, &Methods::xCheckReservedLock,
          &Methods::xSectorSize, &Methods::xDeviceCharacteristics>(quiet, table);
  quiet.xFileControl = file_control;
  if (quiet.iVersion >= 2) {
    forward<&Methods::xShmBarrier>(quiet, table);
    quiet.xShmMap = shm_map;
    quiet.xShmLock = shm_lock;
    quiet.xShmUnmap = shm_unmap;
  }
  if (quiet.iVersion >= 3) forward<&Methods::xFetch, &Methods::xUnfetch>(quiet, table);
  return quiet;
}

/// Only a main database file has a -shm; journals, logs and temporary files are the default VFS's alone.
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* const below = real(vfs);
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return below->xOpen(below, name, file, flags, flags_out);
  QuietFile* const quiet = new (file) QuietFile{};
  const int result = below->xOpen(below, name, real(quiet), flags, flags_out);
  // SQLite closes a file that has methods, even one that failed to open.
  if (const sqlite3_io_methods* const table = real(quiet)->pMethods; table != nullptr) {
    quiet->methods = quiet_methods(*table);
    quiet->pMethods = &quiet->methods;
  }
  return result;
}

sqlite3_vfs over(sqlite3_vfs& below) {
  using Vfs = sqlite3_vfs;
  Vfs vfs{};
  vfs.iVersion = std::min(below.iVersion, 3);
  vfs.szOsFile = static_cast<int>(sizeof(QuietFile)) + below.szOsFile;
  vfs.mxPathname = below.mxPathname;
  vfs.zName = "sluice";
  vfs.pAppData = &below;
  vfs.xOpen = open;
  forward<&Vfs::xDelete, &Vfs::xAccess, &Vfs::xFullPathname, &Vfs::xDlOpen, &Vfs::xDlError, &Vfs::xDlSym,
          &Vfs::xDlClose, &Vfs::xRandomness, &Vfs::xSleep, &Vfs::xCurrentTime, &Vfs::xGetLastError>(vfs,
                                                                                                    below);
  if (vfs.iVersion >= 2) forward<&Vfs::xCurrentTimeInt64>(vfs, below);
  if (vfs.iVersion >= 3) {
    forward<&Vfs::xSetSystemCall, &Vfs::xGetSystemCall, &Vfs::xNextSystemCall>(vfs, below);
  }
  return vfs;
}

sqlite3_vfs* register_vfs() {
  sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  if (below == nullptr) throw std::runtime_error("SQLite could not start: it has no default VFS");
  static sqlite3_vfs vfs = over(*below);
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) throw std::runtime_error("SQLite refused a VFS");
  return &vfs;
}

void control(sqlite3* database, int operation, bool& value) {
  if (sqlite3_file_control(database, "main", operation, &value) == SQLITE_OK) return;
  throw std::logic_error("the connection was not opened with quiet_vfs()");
}

}  // namespace

const char* quiet_vfs() {
  static const sqlite3_vfs* const vfs = register_vfs();
  return vfs->zName;
}

void let_write(sqlite3* database, bool allowed) {
  control(database, kLetWrite, allowed);
}

bool is_being_read(sqlite3* database) {
  bool read = false;
  control(database, kIsRead, read);
  return read;
}

}  // namespace sluice::capture
