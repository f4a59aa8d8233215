#pragma once

#include <cstdint>
#include <string>

#include "applier/session.h"
#include "applier/table_write.h"
#include "applier/write_sql.h"

namespace sluice::applier {

/// A temporary table that gathers the new states of one table's keys, chunk by chunk, until the batch is
/// whole. The target sees nothing of a chunk before all of them are there: rows of an early chunk are newer
/// than their neighbours, and constraints would refuse states that the source never had. Lives inside one
/// transaction and is gone with it.
class Stage {
 public:
  Stage(Session& session, const TargetTable& table);

  /// Adds the rows and keys of a chunk; later chunks win over earlier ones. Throws ApplyError; where a value
  /// doesn't fit its column's type, with the key of the first such row.
  void add(const TableWrite& write);

  /// Leaves one state a key, and lets the planner know how many there are.
  void settle();

  /// The states as sources of the statements that write them.
  WriteSource source() const;

  const TargetTable& table() const { return table_; }
  const std::string& name() const { return name_; }
  std::int64_t rows() const { return rows_; }

 private:
  void copy(const std::string& lines);
  std::string lines(const TableWrite& write, std::size_t first, std::size_t last) const;
  std::string gone_lines(const TableWrite& write) const;
  bool refuses(const TableWrite& write, std::size_t first, std::size_t last);
  std::string first_refused_key(const TableWrite& write);

  Session& session_;
  const TargetTable& table_;
  std::string name_;
  std::int64_t chunks_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace sluice::applier
