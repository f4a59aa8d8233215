#pragma once

#include <filesystem>

namespace sluice::daemon {

/// What the outside of a file looks like; all zero where there is none.
struct FileFacts {
  long long inode = 0;
  long long size = 0;
  long long seconds = 0;  ///< of the last modification
  long long nanoseconds = 0;
  bool operator==(const FileFacts&) const = default;
};

/// A database file and its log from outside. Tells without opening them whether anybody has written since.
struct FileSignature {
  FileFacts database;
  FileFacts log;
  bool operator==(const FileSignature&) const = default;
};

FileSignature signature_of(const std::filesystem::path& database);

/// Where SQLite keeps the files of a database: beside the file itself, not beside a link to it.
std::filesystem::path real_place(const std::filesystem::path& database);

/// Is the signature of a time at which the file had been left alone for a while? A file system's clock is
/// coarse: a second write right after the first may look the same.
bool has_settled(const FileSignature& signature);

/// In a rollback-journal mode: has a transaction begun to write, which a reader's lock could make fail?
bool write_under_way(const std::filesystem::path& database);

}  // namespace sluice::daemon
