#include "capture/source_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "capture/source_types.h"

namespace sluice::capture {
namespace {

std::string user_name(uid_t user) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const bool known = getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  const std::string number = "user id " + std::to_string(user);
  return known ? std::string(entry.pw_name) + " (" + number + ")" : number;
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

std::int64_t big_endian(const unsigned char* bytes, int count) {
  std::int64_t number = 0;
  for (int i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

bool has_log(sqlite3* database) {
  struct stat log {};
  return stat(sqlite3_filename_wal(sqlite3_db_filename(database, "main")), &log) == 0 && log.st_size > 0;
}

/// How long the file is by its own header; 0 where the header does not say. Source: "Database File Format",
/// section 1.3: the size counts only where the change counter equals the number it was written for. Beside a
/// log it says nothing either: a checkpoint writes the first page first.
std::int64_t size_by_header(sqlite3* database, sqlite3_file* file) {
  if (has_log(database)) return 0;
  unsigned char header[100] = {};
  if (file->pMethods->xRead(file, header, sizeof header, 0) != SQLITE_OK) return 0;
  if (big_endian(header + 24, 4) != big_endian(header + 92, 4)) return 0;
  const std::int64_t page_size = big_endian(header + 16, 2);
  return big_endian(header + 28, 4) * (page_size == 1 ? 65536 : page_size);
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

void check_whole(const std::string& path, sqlite3* database) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
      (size > 0 && size >= size_by_header(database, file))) {
    return;
  }
  throw SourceError("source_incomplete",
                    path + (size == 0 ? " is empty" : " is shorter than its own header says") +
                        ": it is being copied, or has not been made yet",
                    "it is looked at again as soon as it changes; if a copy was cut off, copy it again");
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
