#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <string>

#include "capture/change.h"

/// The tables that Sluice keeps in the source: the changelog, its ring, the numbers of the tables.
/// Their format is described in sql/README.md.
namespace sluice::capture {

/// The version of the format that this program reads and writes.
inline constexpr int kChangelogFormat = 1;

/// Throws SourceError "format_newer" when the file was written by a newer Sluice. No changelog at all is
/// fine.
void check_format(SQLite::Database& database);

/// Are all of our tables there?
bool changelog_exists(SQLite::Database& database);

/// Throws SourceError "not_installed" when there is no changelog.
void require_changelog(SQLite::Database& database);

/// The random id of this changelog.
std::string source_id(SQLite::Database& database);

/// The number of key columns.
std::size_t changelog_width(SQLite::Database& database);

/// Every number ever given away, with the name its table had when install last looked.
std::map<TableId, std::string> registered_tables(SQLite::Database& database);

/// The text of the trigger that keeps `capacity` changes.
std::string trim_trigger(std::int64_t capacity);

/// Makes whichever of our tables are missing; true when the changelog itself was. Needs a write transaction.
bool create_changelog(SQLite::Database& database);

/// Adds key columns until there are `width`.
void widen_changelog(SQLite::Database& database, std::size_t width);

/// Writes the base entry into an empty changelog: its number is the clock, or the one after `above` if that
/// is larger. Does nothing when there are entries.
void lay_base(SQLite::Database& database, Position above);

/// Is the changelog without any entry? The trim trigger never leaves it so.
bool changelog_is_empty(SQLite::Database& database);

/// A word for the generation of a table's triggers and the text of its CREATE TABLE; see
/// SourceTable::version.
std::string version(SQLite::Database& database, TableId id, const std::string& name);

}  // namespace sluice::capture
