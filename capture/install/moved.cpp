#include "capture/install/moved.h"

namespace sluice::capture {
namespace {

constexpr const char* kUnknownTime = "an unknown time";

}  // namespace

std::optional<Moved> moved(SQLite::Database& database) {
  SQLite::Statement columns(database,
                            "SELECT count(*), coalesce(sum(name IN ('at', 'position', 'fenced')), 0)"
                            " FROM pragma_table_info('_sluice_moved', 'main')");
  columns.executeStep();
  if (columns.getColumn(0).getInt() == 0) return std::nullopt;
  // The table alone says that the file has moved; what it cannot say any more is taken for the careful thing.
  if (columns.getColumn(1).getInt() < 3) return Moved{kUnknownTime, {}, true};
  SQLite::Statement mark(database,
                         "SELECT iif(at GLOB '[0-9]*Z' AND length(at) = 20, at, ?), position,"
                         " fenced IS NOT 0 FROM _sluice_moved");
  mark.bind(1, kUnknownTime);
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
