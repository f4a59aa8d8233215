#include "capture/install/changelog.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <set>

#include "capture/install/sql_template.h"
#include "capture/values.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

constexpr std::int64_t kMostBetweenTrims = 1024;

/// Formats beyond are no number of a Sluice to come.
constexpr std::int64_t kLastFormat = 1000;

/// The numbers of tables are counted from 1.
constexpr std::int64_t kLastTable = std::int64_t{1} << 31;

/// None where there is no such table.
std::set<std::string> columns_of(SQLite::Database& database, const char* table) {
  std::set<std::string> columns;
  SQLite::Statement rows(database, "SELECT name FROM pragma_table_info(?, 'main')");
  rows.bind(1, table);
  while (rows.executeStep()) columns.insert(rows.getColumn(0).getText());
  return columns;
}

bool has_columns(SQLite::Database& database, const char* table, const std::set<std::string>& wanted) {
  const auto found = columns_of(database, table);
  return std::includes(found.begin(), found.end(), wanted.begin(), wanted.end());
}

bool meta_is_sound(SQLite::Database& database) {
  const std::int64_t format = stored_format(database);
  return format == 1 || (format > 1 && has_columns(database, "_sluice_meta", {"schema", "schema_version"}));
}

bool registry_is_sound(SQLite::Database& database) {
  return has_columns(database, "_sluice_table", {"generation", "name", "src"});
}

/// With the columns of the key as they are added, one after the other.
bool log_is_sound(SQLite::Database& database) {
  std::set<std::string> wanted{"nonce", "op", "seq", "src"};
  for (std::size_t i = 0; i < changelog_width(database); ++i) wanted.insert("k" + std::to_string(i));
  return has_columns(database, "_sluice_changelog", wanted);
}

void make_anew(SQLite::Database& database, const char* table, const char* statement) {
  database.exec("DROP TABLE IF EXISTS main." + quote_name(table));
  database.exec(render(sql::changelog, statement));
}

void set_id(SQLite::Database& database, const std::string& known) {
  SQLite::Statement id(database, render(sql::changelog, "known_id"));
  id.bind(1, known);
  id.exec();
}

}  // namespace

std::int64_t stored_format(SQLite::Database& database) {
  if (!has_columns(database, "_sluice_meta", {"format", "source_id"})) return 0;
  SQLite::Statement meta(database, "SELECT count(*), typeof(max(format)), max(format) FROM _sluice_meta");
  meta.executeStep();
  const bool is_number = meta.getColumn(1).getString() == "integer";
  if (meta.getColumn(0).getInt64() != 1 || !is_number) return 0;
  const std::int64_t format = meta.getColumn(2).getInt64();
  return format >= 1 && format <= kLastFormat ? format : 0;
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
  return meta_is_sound(database) && registry_is_sound(database) && log_is_sound(database);
}

void require_changelog(SQLite::Database& database) {
  if (changelog_exists(database)) return;
  throw SourceError("not_installed", database.getFilename() + " has no changelog",
                    "run install; if it was there before, something has dropped it");
}

std::string source_id(SQLite::Database& database) {
  if (!columns_of(database, "_sluice_meta").contains("source_id")) return "";
  SQLite::Statement meta(database,
                         "SELECT source_id FROM _sluice_meta WHERE typeof(source_id) = 'text'"
                         " AND length(source_id) = 32 AND source_id NOT GLOB '*[^0-9a-f]*'");
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
  if (!registry_is_sound(database)) return tables;
  SQLite::Statement rows(database,
                         "SELECT src, coalesce(name, '') FROM _sluice_table WHERE src BETWEEN 1 AND " +
                             std::to_string(kLastTable));
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
  if (!meta_is_sound(database)) {
    const std::string id = source_id(database);
    make_anew(database, "_sluice_meta", "meta");
    database.exec(render(sql::changelog, "fill_meta", {{"format", std::to_string(kChangelogFormat)}}));
    set_id(database, id);
  }
  if (!registry_is_sound(database)) make_anew(database, "_sluice_table", "registry");
  if (log_is_sound(database)) return false;
  make_anew(database, "_sluice_changelog", "changelog");
  database.exec(render(sql::changelog, new_file ? "new_id" : "forget_id"));
  return true;
}

void migrate_changelog(SQLite::Database& database) {
  if (stored_format(database) != 1) return;
  const auto there = columns_of(database, "_sluice_meta");
  for (const char* column : {"schema_version", "schema"}) {
    if (!there.contains(column)) database.exec(render(sql::changelog, "widen_meta", {{"column", column}}));
  }
  database.exec(render(sql::changelog, "format_2"));
}

void widen_changelog(SQLite::Database& database, std::size_t width) {
  for (std::size_t i = changelog_width(database); i < width; ++i) {
    database.exec(render(sql::changelog, "widen", {{"column", "k" + std::to_string(i)}}));
  }
}

void lay_base(SQLite::Database& database, Position above) {
  const std::int64_t known = above.value < kLastPosition ? above.value : 0;
  database.exec(render(sql::changelog, "base", {{"above", std::to_string(known)}}));
}

void restart_history(SQLite::Database& database, const KnownHistory& known) {
  database.exec(render(sql::changelog, "empty"));
  lay_base(database, known.last);
  if (!source_id(database).empty()) return;
  if (known.source_id.empty()) {
    database.exec(render(sql::changelog, "new_id"));
    return;
  }
  set_id(database, known.source_id);
}

bool history_is_broken(SQLite::Database& database) {
  if (source_id(database).empty()) return true;
  SQLite::Statement first(database,
                          "SELECT seq = 1 AND op IS NOT 'b', (SELECT max(seq) FROM _sluice_changelog)"
                          " FROM _sluice_changelog ORDER BY seq LIMIT 1");
  return !first.executeStep() || first.getColumn(0).getInt() != 0 ||
         !is_position(first.getColumn(1).getInt64());
}

}  // namespace sluice::capture
