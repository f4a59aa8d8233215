#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <string>

#include "capture/source_types.h"

/// The tables that Sluice keeps in the source: the changelog, its ring, the numbers of the tables.
/// Their format is described in sql/README.md.
namespace sluice::capture {

/// The version of the format that this program reads and writes.
inline constexpr int kChangelogFormat = 2;

/// No number of a change, and none that a target says it holds, is beyond this: at a million changes a second
/// it is reached after 36,000 years. SQLite itself gives rows random numbers once the largest of all is
/// taken.
inline constexpr std::int64_t kLastPosition = std::int64_t{1} << 60;

/// Is this the number that a change can have?
inline bool is_position(std::int64_t number) {
  return number > 0 && number <= kLastPosition;
}

/// Throws SourceError "format_newer" when the file was written by a newer Sluice. No changelog at all is
/// fine.
void check_format(SQLite::Database& database);

/// The format of the changelog in the file; 0 where there is none, or no word of it that Sluice has written.
std::int64_t stored_format(SQLite::Database& database);

/// Are all of our tables there, as they should be?
bool changelog_exists(SQLite::Database& database);

/// Throws SourceError "not_installed" when there is no changelog.
void require_changelog(SQLite::Database& database);

/// The random id of this changelog; empty where it has none, or one that is none of ours.
std::string source_id(SQLite::Database& database);

/// The number of key columns.
std::size_t changelog_width(SQLite::Database& database);

/// Every number ever given away, with the name its table had when install last looked.
std::map<TableId, std::string> registered_tables(SQLite::Database& database);

/// Has the table of this number ever had our triggers?
bool was_captured(SQLite::Database& database, TableId id);

/// The text of the trigger that keeps `capacity` changes.
std::string trim_trigger(std::int64_t capacity);

/// Makes whichever of our tables are missing, or are not what they should be; true when the changelog itself
/// was. A new file gets an id, one that had a changelog gets none until somebody knows it. Needs a write
/// transaction.
bool create_changelog(SQLite::Database& database, bool new_file);

/// Brings tables of an older format to this one.
void migrate_changelog(SQLite::Database& database);

/// Adds key columns until there are `width`.
void widen_changelog(SQLite::Database& database, std::size_t width);

/// Writes a base entry: its number is the clock, or the one after `above` if that is larger.
void lay_base(SQLite::Database& database, Position above);

/// Begins the numbers anew above what is known, without any entry before them. An id that was lost comes from
/// `known`, or is a new one.
void restart_history(SQLite::Database& database, const KnownHistory& known);

/// Has somebody dropped or emptied the changelog, or written to it what nobody can go on from? A file that
/// was put back has the changelog of its time, and that begins with a base entry or with what the ring has
/// left, never with a change of number 1.
bool history_is_broken(SQLite::Database& database);

/// A word for the generation of a table's triggers and the text of its CREATE TABLE; see
/// SourceTable::version.
std::string version(SQLite::Database& database, TableId id, const std::string& name);

}  // namespace sluice::capture
