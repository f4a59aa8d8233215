#pragma once

#include <map>
#include <string>
#include <vector>

#include "capture/install/trigger_ddl.h"
#include "capture/schema/table_schema.h"
#include "capture/source_types.h"

namespace sluice::capture {

/// A trigger as it stands in the file; `rowid` tells which of two was created later.
struct StoredTrigger {
  std::int64_t rowid = 0;
  std::string name;
  std::string table;
  std::string sql;
};

/// What is to be done for one table that can be captured.
struct TablePlan {
  TableId id = 0;
  TableSchema table;
  std::vector<TriggerDdl> triggers;  ///< as they should be
  std::vector<std::string> present;  ///< names of those of ours that are on the table now
  bool captured = false;             ///< its insert trigger is there, whatever else may be wrong
  bool rewrite = false;              ///< the triggers differ from what they should be
  bool unprotected = false;          ///< a change may have gone by unseen
};

/// How many rows of a table have NULL in the key, by the table's name; of tables not captured yet.
using NullKeys = std::map<std::string, std::int64_t>;

/// The difference between what the file holds and what it should hold.
struct InstallPlan {
  std::vector<TablePlan> tables;
  std::vector<NotCaptured> left_out;
  std::vector<IdlePattern> idle_patterns;
  NullKeys null_keys;
  std::vector<std::string> orphans;        ///< triggers of ours on tables that are not captured any more
  std::map<TableId, std::string> renamed;  ///< numbers whose table has another name in the registry, or none
  std::string trim;                        ///< the trim trigger as it should be
  bool changelog_missing = false;
  bool new_file = false;        ///< nothing of ours is there, and so no history
  bool history_broken = false;  ///< the changelog was dropped or emptied
  bool trim_differs = false;
  bool old_format = false;
  bool schema_moved = false;  ///< it is not what it was when install last looked
  bool came_and_went =
      false;              ///< something was in the schema for a time in which rows may have changed unseen
  std::size_t width = 0;  ///< key columns that the widest key needs
  std::size_t captured_width = 0;  ///< the same of the tables that are captured already
  bool too_narrow = false;

  /// `history_known`: is there somebody who can say how a broken history goes on?
  bool nothing_to_do(bool history_known) const;
};

/// Compares; reads only. To be called inside a transaction. What a plan of a moment before has `counted` is
/// not counted again: that reads whole tables, which is nothing to do while the application's writes wait.
InstallPlan plan_install(SQLite::Database& database, const SourceOptions& options,
                         const NullKeys& counted = {});

/// All triggers of the main database, ours and the application's.
std::vector<StoredTrigger> stored_triggers(SQLite::Database& database);

/// Every trigger of the main database in the order of creation: name and text.
inline constexpr const char* kTriggersInOrder =
    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' ORDER BY rowid";

/// A number for the names, texts and order of all triggers, as this process knows it; `triggers_in_order` is
/// kTriggersInOrder, prepared.
std::uint64_t trigger_fingerprint(SQLite::Statement& triggers_in_order);

/// Is there nothing of ours in the file?
bool is_new_file(SQLite::Database& database);

/// Is this the name of something of ours?
bool is_ours(std::string_view name);

}  // namespace sluice::capture
