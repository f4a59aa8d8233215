#include "capture/source_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "capture/source.h"

namespace sluice::capture {
namespace {

std::string user_name(uid_t user) {
  const passwd* const entry = getpwuid(user);
  const std::string number = "user id " + std::to_string(user);
  return entry == nullptr ? number : std::string(entry->pw_name) + " (" + number + ")";
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status;
  throw SourceError("source_missing", "cannot find the SQLite file " + path + ": " + std::strerror(errno),
                    "check source.path; start the application once if it makes the file itself");
}

/// Bytes 18 and 19 of the header: 2 in a file that is in WAL mode. Read through SQLite's own descriptor:
/// closing any other one of the same file would drop every lock that this process holds on it. Source: "How
/// To Corrupt An SQLite Database File", section 2.2.
bool header_says_wal(sqlite3* database) {
  sqlite3_file* file = nullptr;
  char header[20] = {};
  return sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
         file->pMethods->xRead(file, header, sizeof header, 0) == SQLITE_OK && header[18] == 2 &&
         header[19] == 2;
}

bool may(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

void check_rights(const std::string& path) {
  if (!may(path, R_OK | W_OK)) {
    throw SourceError("source_unreadable", user_name(geteuid()) + " may not read and write " + path,
                      "run sluiced as the user who owns the file, and let the owner read and write it");
  }
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  if (may(folder, R_OK | W_OK | X_OK)) return;
  throw SourceError(
      "source_folder_unwritable", user_name(geteuid()) + " may not read and write the folder " + folder,
      "SQLite keeps its -wal, -shm and -journal files beside the database: give the user the folder");
}

/// Where a file system that is not local is allowed at all, only a rollback journal works on it.
void check_place(const std::string& path, bool allow_remote_fs, const std::function<bool()>& is_wal) {
  struct statfs place {};
  if (statfs(path.c_str(), &place) != 0) return;
  const char* const name = remote_file_system(static_cast<unsigned long>(place.f_type));
  if (name == nullptr || (allow_remote_fs && !is_wal())) return;
  throw SourceError(
      "source_remote_fs", path + " is on a file system that is not local (" + name + ")",
      "run sluiced on the machine that holds the file; source.allow_remote_fs: true takes the risk for "
      "a file in a rollback journal mode, WAL cannot work there");
}

}  // namespace

void check_source_file(const std::string& path) {
  const struct stat status = status_of(path);
  if (!S_ISREG(status.st_mode)) {
    throw SourceError("source_not_a_file", path + " is not a regular file", "check source.path");
  }
  check_owner(path, status.st_uid, geteuid());
  check_rights(path);
}

void check_file_system(const std::string& path, bool allow_remote_fs, sqlite3* database) {
  check_place(path, allow_remote_fs, [database] { return header_says_wal(database); });
}

void check_owner(const std::string& path, uid_t owner, uid_t user) {
  if (user == owner || user == 0) return;
  throw SourceError(
      "source_wrong_owner", path + " belongs to " + user_name(owner) + ", this is " + user_name(user),
      "run sluiced as the owner: -wal and -shm files of another user make the application's writes fail");
}

const char* remote_file_system(unsigned long magic) {
  switch (magic & 0xFFFFFFFFUL) {
    case 0x6969:
      return "NFS";
    case 0x517B:
      return "SMB";
    case 0xFE534D42:
      return "SMB2";
    case 0xFF534D42:
      return "CIFS";
    case 0x01021997:
      return "9p";
    case 0x65735546:
      return "FUSE or virtiofs";
    case 0x5346414F:
      return "AFS";
    case 0x00C36400:
      return "Ceph";
    case 0x0BD00BD0:
      return "Lustre";
    case 0x786F4256:
      return "VirtualBox shared folder";
    default:
      return nullptr;
  }
}

FileId file_id(const std::string& path) {
  const struct stat status = status_of(path);
  return {status.st_dev, status.st_ino};
}

}  // namespace sluice::capture
