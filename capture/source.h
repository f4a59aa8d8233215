#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "capture/change.h"
#include "capture/details.h"
#include "capture/source_types.h"

namespace sluice::capture {

class LockedSource;

/// One SQLite file, open for capture. Used from one thread at a time. In steady state it only reads; it
/// writes in install(), uninstall() and under a lock(). Every call that reads takes one short snapshot and
/// holds nothing afterwards. Throws SourceError where the file, its place or its owner is at fault,
/// SQLite::Exception where SQLite fails.
class Source {
 public:
  /// Opens the file; refuses a missing one, one that is no database, another user's, one on a remote file
  /// system.
  explicit Source(SourceOptions options);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Puts in whatever is missing of the changelog and the triggers, in one transaction; writes nothing when
  /// all is in place. A changelog that somebody dropped or emptied goes on from `known`, so that whoever
  /// reads it finds that the ring has passed by; ahead of time, without it, the application's writes work
  /// again and the rest waits for the next call that knows.
  InstallReport install(const std::optional<KnownHistory>& known = {});

  /// Throws SourceError "source_incomplete" while another file is being copied over this one.
  void check_whole();

  /// What can be told before anything is written.
  Identity identity();

  /// Is everything in place? Never writes. The names of what install() would write.
  std::vector<std::string> missing();

  /// Throws SourceError "migration_running" while an application's schema migration keeps capture out;
  /// whatever writes asks for itself.
  void check_no_migration();

  /// Takes out everything of ours, a fence included, so that the schema reads as before. False when there was
  /// nothing.
  bool uninstall();

  /// Has the file moved to Postgres? Then install() refuses with SourceError "source_moved"; what was
  /// captured can still be read.
  std::optional<Moved> moved();

  /// Keeps everybody else from writing, up to `longest`; see locked_source.h.
  LockedSource lock(std::chrono::milliseconds longest);

  /// The largest keys that AUTOINCREMENT has given out, by table; rows that are gone count.
  std::map<std::string, std::int64_t> autoincrements();

  /// The catalog as an installation would leave it, without the source's id. Needs no changelog and never
  /// writes.
  Catalog preview();

  /// The catalog as of now. Requires an installed changelog.
  Catalog survey();

  /// Is there no table of this name any more, though it would be captured?
  bool was_dropped(const std::string& table);

  /// Every table and view of the application, captured or not.
  std::vector<std::string> table_names();

  /// What the schema says of a captured table beside how to read its rows.
  TableDetails details(const SourceTable& table);

  /// Hands over some of its rows, the same ones for the same file: the first, and where the key is an integer
  /// others from all over the table. In short snapshots, a bounded number of rows and bytes.
  void sample(const SourceTable& table, const std::function<void(const Row&)>& look);

  /// The newest entry of the changelog: where a first copy starts.
  Anchor newest();

  /// The newest position; cheap enough for every flush.
  Position captured();

  /// Holds `anchor` against the changelog.
  Match match(const Anchor& anchor);

  /// The word that SQLite has for it: wal, delete, truncate, ...
  std::string journal_mode();

  /// True when another connection has committed since the last call, or on the first call.
  bool changed();

  /// Forgets what was read of the file before: it may have been written to by other means than SQLite's.
  void forget_pages();

  /// Reads the next chunk; see ReadRequest. The catalog is the caller's idea of the schema.
  ReadResult read(const Catalog& catalog, const ReadRequest& request);

  /// For people: the first `limit` entries after `after`; without it the newest `limit`. Needs no catalog.
  LogExcerpt recent(std::optional<Position> after, std::size_t limit);

  /// About how many rows a table holds: counted up to a million, beyond that told by its rowids, 0 where it
  /// has none.
  std::int64_t count_rows(const SourceTable& table);

  /// Has any row more bytes than this in the column? Reads up to the first of them.
  bool has_longer(const SourceTable& table, const std::string& column, std::int64_t bytes);

  /// Tables with rows, or that can't be looked into, that the catalog does not have and that nobody has
  /// excluded: their rows and their changes reach no target.
  std::vector<std::string> left_behind(const Catalog& catalog);

  /// Has the path been replaced by another file since it was opened?
  bool replaced() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  ///< a lock that outlives the source keeps it
};

}  // namespace sluice::capture
