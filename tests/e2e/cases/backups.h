#pragma once

#include <SQLiteCpp/Backup.h>

#include <filesystem>
#include <string>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

namespace sluice::e2e {

/// Copies a database page by page as `.backup` and `.restore` do: over what is there, while others have it
/// open.
inline void back_up(const std::filesystem::path& from, const std::filesystem::path& to) {
  SQLite::Database source(from, SQLite::OPEN_READONLY, 5000);
  SQLite::Database destination(to, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
  SQLite::Backup(destination, source).executeStep();
}

/// The application ends, and with it the last connection but the daemon's. Its log is folded into the file
/// before, as it has to be wherever another file shall take the place of this one.
inline void close_application(Mirror& mirror) {
  mirror.run("PRAGMA wal_checkpoint(TRUNCATE)");
  mirror.source.database() = SQLite::Database(":memory:", SQLite::OPEN_READWRITE);
}

inline void open_application(Mirror& mirror) {
  mirror.source.database() = connect(mirror.source.path(), 5000);
}

/// Everything that a table on the server holds, to see that nothing has been written.
inline std::string contents(const Mirror& mirror, const std::string& table) {
  return mirror.server("SELECT string_agg(t::text, ',' ORDER BY id) FROM " + table + " t");
}

}  // namespace sluice::e2e
