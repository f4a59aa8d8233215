#pragma once

#include <sys/types.h>

#include <string>

struct sqlite3;

/// What has to be true of a file and its place before SQLite may work on it.
namespace sluice::capture {

/// A file's identity: it changes when the path is given to another file.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// Throws SourceError unless the path is a regular file of ours in a folder where SQLite can work. Opens
/// nothing.
void check_source_file(const std::string& path);

/// Throws SourceError "source_remote_fs" unless the open file is on a local file system, or on another one
/// that its owner allows and on which its journal mode can work.
void check_file_system(const std::string& path, bool allow_remote_fs, sqlite3* database);

/// Throws SourceError "source_incomplete" for a file that is empty, or shorter than its header says: somebody
/// is copying another one over it, and whatever is written to it now would spoil that. Asked before writing.
void check_whole(const std::string& path, sqlite3* database);

/// Throws SourceError "source_wrong_owner" unless `user` is the file's owner or root. Another user's -wal and
/// -shm files would make the application's writes fail. Pure.
void check_owner(const std::string& path, uid_t owner, uid_t user);

/// The name of a file system that is not local, as statfs numbers it; nullptr for a local one. Pure.
const char* remote_file_system(unsigned long magic);

/// The file at a path now. Throws SourceError "source_missing" when there is none.
FileId file_id(const std::string& path);

}  // namespace sluice::capture
