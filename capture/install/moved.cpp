#include "capture/install/moved.h"

namespace sluice::capture {

std::optional<Moved> moved(SQLite::Database& database) {
  SQLite::Statement schema(
      database, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '_sluice_moved'");
  if (!schema.executeStep()) return std::nullopt;
  SQLite::Statement mark(database, "SELECT at, position, fenced FROM _sluice_moved");
  if (!mark.executeStep()) return std::nullopt;
  return Moved{mark.getColumn(0).getText(), {mark.getColumn(1).getInt64()}, mark.getColumn(2).getInt() != 0};
}

void refuse_moved(SQLite::Database& database) {
  const auto mark = moved(database);
  if (!mark) return;
  throw SourceError("source_moved", database.getFilename() + " has moved to Postgres at " + mark->at,
                    "to use the file again, take everything of Sluice out of it with: sluicectl uninstall");
}

}  // namespace sluice::capture
