#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "capture/change.h"

/// What is said to a source and what it answers, apart from the source itself. Plain data.
namespace sluice::capture {

/// What of a table is captured.
struct TableChoice {
  std::vector<std::string> columns;  ///< these, or all but these; empty: all of them
  bool except = false;
  std::string where;  ///< an expression over the row's own columns; empty: all rows
};

/// A table that is not captured unless `include` has its very name.
struct LeftAlone {
  std::string table;
  std::string reason;
};

/// How to open and capture one SQLite file.

struct SourceOptions {
  std::string path;
  std::chrono::milliseconds busy_timeout{5000};
  bool allow_remote_fs = false;
  std::vector<std::string> include;  ///< glob patterns of tables; empty means all
  std::vector<std::string> exclude;
  std::vector<LeftAlone> left_alone;           ///< tables that are left out though nobody excludes them
  std::vector<std::string> by_rowid;           ///< tables without a key whose rowid is to be it
  std::map<std::string, TableChoice> choices;  ///< by the table's name, in any case
  std::int64_t capacity = 1'000'000;           ///< changes kept in the ring
  bool migrates = false;  ///< the caller holds the MigrationLock, which keeps others from writing
};

/// Why a source can't be used, in words that an owner can act on.
/// `code` is a stable word for programs, e.g. "source_missing".
class SourceError : public std::runtime_error {
 public:
  SourceError(std::string code, const std::string& message, std::string hint);
  const std::string& code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  std::string code_;
  std::string hint_;
};

/// A pattern of the configuration that no table of the file has.
struct IdlePattern {
  std::string setting;  ///< tables.include, ...
  std::string pattern;
};

/// What is captured: the tables as of `schema_version`, and what is left out.
struct Catalog {
  std::string source_id;  ///< random id written when the changelog was made
  std::int64_t schema_version = 0;
  std::uint64_t triggers = 0;  ///< fingerprint of all triggers, of which an edit of the schema by hand may
                               ///< leave the version as it was
  std::string journal_mode;
  std::vector<SourceTable> tables;
  std::vector<NotCaptured> not_captured;
  std::vector<IdlePattern> idle_patterns;

  const SourceTable* find(TableId id) const;
};

/// What a target remembers of a source: how a history goes on whose changelog was dropped or emptied.
struct KnownHistory {
  Position last;          ///< new numbers start above it
  std::string source_id;  ///< of this very file; empty where the target knows none
};

/// Whose history a file holds.
struct Identity {
  bool installed = false;  ///< there is something of ours
  std::string source_id;   ///< empty where the changelog is gone
};

/// That a file has moved to Postgres: it is captured no more.
struct Moved {
  std::string at;       ///< UTC, as ISO 8601 has it
  Position position;    ///< the last change
  bool fenced = false;  ///< every write to what was captured is refused
};

/// What installing did.
struct InstallReport {
  bool changelog_created = false;
  /// Tables whose triggers were missing or not ours: changes may have been lost, so they need a fresh copy.
  std::vector<TableId> unprotected;
  std::vector<std::string> installed;  ///< names of tables whose triggers were written
};

/// What the reader finds when it holds an anchor against the changelog (the decision table of the position).
enum class Match {
  together,   ///< the anchor's entry is there, with its nonce
  overrun,    ///< the ring has moved past the anchor, or entries from it on are missing or overwritten
  rewound,    ///< the changelog ends before the anchor: restored or emptied
  different,  ///< an entry is there, but another one: rewound and written past
};

/// Bounds of one chunk; what is reached first ends it.
struct ChunkLimits {
  std::int64_t changes = 20'000;
  std::int64_t bytes = 4 << 20;
  std::chrono::milliseconds time{50};
  std::int64_t copy_rows = 20'000;
};

/// A table to scan on, in the snapshot of the chunk.
struct CopyAsk {
  TableId table = 0;
  Key frontier;  ///< the last key that has been scanned; empty at the start
};

/// Reads a chunk: everything after `from`.
struct ReadRequest {
  Anchor from;
  ChunkLimits limits;
  std::map<TableId, CopyState> copy_states;  ///< whose changes beyond the frontier a scan will bring by
                                             ///< itself; tables not listed are streaming
  std::optional<CopyAsk> copy;
  std::map<TableId, std::vector<Key>> also;  ///< keys to look up as well, in a chunk that ends at a boundary
};

/// The schema is not the one of the catalog any more: refresh() is due before anything is read.
struct SchemaMoved {};

/// The anchor does not fit the changelog.
struct Mismatch {
  Match match;
  Position oldest;
  Position newest;
};

using ReadResult = std::variant<Chunk, SchemaMoved, Mismatch>;

/// One entry of the changelog in words.
struct LogEntry {
  Position position;
  std::string table;      ///< its name now, or the last one known; empty for a base entry
  std::string operation;  ///< insert, update, delete, maybe_replaced or base; else unknown
  std::string key;        ///< as SQL literals, very long values cut; empty for a base entry
};

/// Some entries, the oldest first, and where the changelog ends in the same snapshot.
struct LogExcerpt {
  std::vector<LogEntry> entries;
  Position newest;
};

}  // namespace sluice::capture
