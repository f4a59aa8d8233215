#include "capture/install/changelog.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "capture/install/sql_template.h"
#include "capture/values.h"
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

std::int64_t stored_format(SQLite::Database& database) {
  if (!table_exists(database, "_sluice_meta")) return 0;
  SQLite::Statement meta(database, "SELECT coalesce(max(format), 0) FROM _sluice_meta");
  meta.executeStep();
  return meta.getColumn(0).getInt64();
}

void check_format(SQLite::Database& database) {
  const std::int64_t format = stored_format(database);
  if (format <= kChangelogFormat) return;
  throw SourceError("format_newer",
                    "the changelog of " + database.getFilename() + " has format " + std::to_string(format) +
                        ", this program knows " + std::to_string(kChangelogFormat),
                    "a newer Sluice has been here: install that version");
}

bool changelog_exists(SQLite::Database& database) {
  return stored_format(database) > 0 && table_exists(database, "_sluice_table") &&
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

bool was_captured(SQLite::Database& database, TableId id) {
  return registered_tables(database).contains(id);
}

std::string version(SQLite::Database& database, TableId id, const std::string& name) {
  SQLite::Statement row(database,
                        "SELECT (SELECT generation FROM _sluice_table WHERE src = ?),"
                        " (SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?)");
  row.bind(1, static_cast<std::int64_t>(id));
  row.bind(2, name);
  row.executeStep();
  // A new column with a default, say, changes rows without any trigger, but not without this text.
  const std::uint64_t text = fingerprint(row.getColumn(1).getString());
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(text));
  return std::to_string(row.getColumn(0).getInt64()) + "-" + digits.data();
}

std::string trim_trigger(std::int64_t capacity) {
  const std::int64_t kept = std::max<std::int64_t>(capacity, 1);
  const std::int64_t every = std::clamp<std::int64_t>(kept / 8, 1, kMostBetweenTrims);
  return render(sql::changelog, "trim",
                {{"capacity", std::to_string(kept)}, {"every", std::to_string(every)}});
}

bool create_changelog(SQLite::Database& database, bool new_file) {
  if (!table_exists(database, "_sluice_meta")) database.exec(render(sql::changelog, "meta"));
  if (stored_format(database) == 0) {
    database.exec(render(sql::changelog, "fill_meta", {{"format", std::to_string(kChangelogFormat)}}));
  }
  if (!table_exists(database, "_sluice_table")) database.exec(render(sql::changelog, "registry"));
  if (table_exists(database, "_sluice_changelog")) return false;
  database.exec(render(sql::changelog, "changelog"));
  database.exec(render(sql::changelog, new_file ? "new_id" : "forget_id"));
  return true;
}

void migrate_changelog(SQLite::Database& database) {
  if (stored_format(database) == 1) database.exec(render(sql::changelog, "meta_from_1_to_2"));
}

void widen_changelog(SQLite::Database& database, std::size_t width) {
  for (std::size_t i = changelog_width(database); i < width; ++i) {
    database.exec(render(sql::changelog, "widen", {{"column", "k" + std::to_string(i)}}));
  }
}

void lay_base(SQLite::Database& database, Position above) {
  database.exec(render(sql::changelog, "base", {{"above", std::to_string(above.value)}}));
}

void restart_history(SQLite::Database& database, const KnownHistory& known) {
  database.exec(render(sql::changelog, "empty"));
  lay_base(database, known.last);
  if (!source_id(database).empty()) return;
  if (known.source_id.empty()) {
    database.exec(render(sql::changelog, "new_id"));
    return;
  }
  SQLite::Statement id(database, render(sql::changelog, "known_id"));
  id.bind(1, known.source_id);
  id.exec();
}

bool history_is_broken(SQLite::Database& database) {
  if (source_id(database).empty()) return true;
  SQLite::Statement first(database,
                          "SELECT seq = 1 AND op <> 'b' FROM _sluice_changelog ORDER BY seq LIMIT 1");
  return !first.executeStep() || first.getColumn(0).getInt() != 0;
}

}  // namespace sluice::capture
