#include "capture/changelog.h"

#include <algorithm>

#include "capture/source.h"
#include "capture/sql_template.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

constexpr std::int64_t kMostBetweenTrims = 1024;

bool table_exists(SQLite::Database& database, const std::string& name) {
  SQLite::Statement schema(database, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?");
  schema.bind(1, name);
  return schema.executeStep();
}

}  // namespace

void check_format(SQLite::Database& database) {
  if (!table_exists(database, "_sluice_meta")) return;
  SQLite::Statement meta(database, "SELECT max(format) FROM _sluice_meta");
  meta.executeStep();
  const std::int64_t format = meta.getColumn(0).getInt64();
  if (format <= kChangelogFormat) return;
  throw SourceError("format_newer",
                    "the changelog of " + database.getFilename() + " has format " + std::to_string(format) +
                        ", this program knows " + std::to_string(kChangelogFormat),
                    "a newer Sluice has been here: install that version");
}

bool changelog_exists(SQLite::Database& database) {
  return table_exists(database, "_sluice_meta") && table_exists(database, "_sluice_table") &&
         table_exists(database, "_sluice_changelog");
}

void require_changelog(SQLite::Database& database) {
  if (changelog_exists(database)) return;
  throw SourceError("not_installed", database.getFilename() + " has no changelog",
                    "run install; if it was there before, something has dropped it");
}

std::string source_id(SQLite::Database& database) {
  SQLite::Statement meta(database, "SELECT source_id FROM _sluice_meta");
  return meta.executeStep() ? meta.getColumn(0).getText() : "";
}

std::size_t changelog_width(SQLite::Database& database) {
  SQLite::Statement columns(
      database,
      "SELECT count(*) FROM pragma_table_info('_sluice_changelog', 'main') WHERE name GLOB 'k[0-9]*'");
  columns.executeStep();
  return static_cast<std::size_t>(columns.getColumn(0).getInt64());
}

std::map<TableId, std::string> registered_tables(SQLite::Database& database) {
  std::map<TableId, std::string> tables;
  if (!table_exists(database, "_sluice_table")) return tables;
  SQLite::Statement rows(database, "SELECT src, coalesce(name, '') FROM _sluice_table");
  while (rows.executeStep()) tables[rows.getColumn(0).getInt64()] = rows.getColumn(1).getText();
  return tables;
}

std::int64_t generation(SQLite::Database& database, TableId id) {
  SQLite::Statement row(database, "SELECT generation FROM _sluice_table WHERE src = ?");
  row.bind(1, static_cast<std::int64_t>(id));
  return row.executeStep() ? row.getColumn(0).getInt64() : 0;
}

std::string trim_trigger(std::int64_t capacity) {
  const std::int64_t kept = std::max<std::int64_t>(capacity, 1);
  const std::int64_t every = std::clamp<std::int64_t>(kept / 8, 1, kMostBetweenTrims);
  return render(sql::changelog, "trim",
                {{"capacity", std::to_string(kept)}, {"every", std::to_string(every)}});
}

bool create_changelog(SQLite::Database& database) {
  if (!table_exists(database, "_sluice_meta")) {
    database.exec(render(sql::changelog, "meta"));
    database.exec(render(sql::changelog, "fill_meta", {{"format", std::to_string(kChangelogFormat)}}));
  }
  if (!table_exists(database, "_sluice_table")) database.exec(render(sql::changelog, "registry"));
  if (table_exists(database, "_sluice_changelog")) return false;
  database.exec(render(sql::changelog, "changelog"));
  return true;
}

void widen_changelog(SQLite::Database& database, std::size_t width) {
  for (std::size_t i = changelog_width(database); i < width; ++i) {
    database.exec(render(sql::changelog, "widen", {{"column", "k" + std::to_string(i)}}));
  }
}

void lay_base(SQLite::Database& database, Position above) {
  if (!changelog_is_empty(database)) return;
  database.exec(render(sql::changelog, "base", {{"above", std::to_string(above.value)}}));
}

bool changelog_is_empty(SQLite::Database& database) {
  SQLite::Statement any(database, "SELECT 1 FROM _sluice_changelog LIMIT 1");
  return !any.executeStep();
}

}  // namespace sluice::capture
