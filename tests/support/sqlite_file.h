#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace sluice::support {

/// A SQLite file in a temporary folder with one open connection, as an application would have it.
/// Used from one thread. Throws SQLite::Exception where SQLite fails.
class SqliteFile {
 public:
  /// Makes an empty file with the given journal mode.
  explicit SqliteFile(const std::string& journal_mode = "wal");

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path folder() const { return path_.parent_path(); }

  /// Runs any number of statements.
  void exec(const std::string& sql) { database_.exec(sql); }

  /// The rows of a query as text: a line a row, values parted by '|', blobs as x'00ff', NULL as NULL.
  std::string rows(const std::string& sql);

  SQLite::Database& database() { return database_; }

 private:
  TempDir dir_;
  std::filesystem::path path_;
  SQLite::Database database_;
};

/// One column of the current row in the form of SqliteFile::rows(); a double as the shortest text that reads
/// back.
std::string to_text(const SQLite::Column& column);

}  // namespace sluice::support
