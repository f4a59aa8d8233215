#pragma once

#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/state_fields.h"
#include "applier/server/target_table.h"
#include "capture/change.h"

namespace sluice::applier {

/// Keys of one target table, each with a mark, in a table beside it: what a scan of the source has come by.
/// Used inside a transaction.
class KeyMarks {
 public:
  enum class Mark {
    there,     ///< the source has the row
    left_out,  ///< it has the row, but the table's rule leaves it out
    held,      ///< the row is in quarantine
  };

  /// For this transaction alone.
  static KeyMarks for_transaction(Session& session, const TargetTable& table);

  /// For a scan of several transactions; begin() before its first chunk, drop() with its last.
  static KeyMarks for_scan(Session& session, const TargetTable& table, const std::string& state_schema);

  void begin();
  void drop();

  /// Are they still what an earlier transaction has noted? Throws ApplyError ("state_damaged") where the
  /// table is gone or another; and, `whole`, where there is a mark in it that nobody has noted.
  void check(const StatePlace& place, bool whole);

  /// Adds keys; those that the target can't hold are left away, since it has no row for them.
  void add(const std::vector<capture::Key>& keys, Mark mark);

  /// Adds the keys of the rows that a stage has to write.
  void add_stage(const std::string& stage);

  /// "EXISTS (...)": the key of the row `alias` is marked so.
  std::string has(const std::string& alias, Mark mark) const;
  /// The source has a row of the key, whatever else is to be said of it.
  std::string has_row(const std::string& alias) const;

 private:
  KeyMarks(Session& session, const TargetTable& table, std::string name, bool temporary);

  Session& session_;
  const TargetTable& table_;
  std::string name_;  ///< quoted, qualified
  bool temporary_;
};

}  // namespace sluice::applier
