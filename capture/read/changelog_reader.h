#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <optional>
#include <set>

#include "capture/read/chunk_builder.h"
#include "capture/read/row_reader.h"
#include "capture/source_types.h"

namespace sluice::capture {

/// Reads the changelog, and with it the rows that its entries point at. Every public call takes one read
/// transaction of its own and ends it.
class ChangelogReader {
 public:
  explicit ChangelogReader(SQLite::Database& database);
  ~ChangelogReader();

  /// As the calls of the same names of Source.
  Anchor newest();
  Position captured();
  Match match(const Anchor& anchor);
  ReadResult read(const Catalog& catalog, const ReadRequest& request);

  /// Forgets prepared statements; due after a change of the schema by this connection.
  void clear();

 private:
  struct Statements;
  struct Ends {
    Position oldest;
    Position newest;
  };

  void follow_schema();
  Ends ends();
  std::optional<Entry> entry_at(Position position);
  bool has_gap(Position from, Position to);
  bool is_sound(const Entry& entry, const Catalog& catalog);
  Match hold(const Anchor& anchor, const Ends& ends);

  SQLite::Database& database_;
  RowReader rows_;
  std::int64_t schema_version_ = -1;
  std::unique_ptr<Statements> statements_;
  std::optional<std::set<TableId>> registered_;  ///< read where they are needed
  Position unsound_;  ///< the newest entry that was read and is none that a trigger writes
};

}  // namespace sluice::capture
