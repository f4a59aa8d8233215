#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/write/bisect.h"
#include "applier/write/refusal.h"
#include "applier/write/table_write.h"
#include "applier/write/write_sql.h"

namespace sluice::applier {

/// A temporary table that gathers the new states of one table's keys, chunk by chunk, until the batch is
/// whole. The target sees nothing of a chunk before all of them are there: rows of an early chunk are newer
/// than their neighbours, and constraints would refuse states that the source never had. Lives inside one
/// transaction and is gone with it.
///
/// Its columns are those of the target table, and before them: sluice_gone, is the key to be deleted;
/// sluice_row, a number that grows; sluice_key, the source's key as capture::encode() writes it.
class Stage {
 public:
  Stage(Session& session, const TargetTable& table, std::string state_schema);

  /// Adds the rows and keys of a chunk; later ones win over earlier ones. Gives back the rows that their
  /// columns' types refuse, but no more than `most` of them. Throws ApplyError.
  std::vector<Refusal> add(const TableWrite& write, std::size_t most);

  /// Forgets what an earlier chunk said of these keys.
  void forget(const std::vector<std::string>& keys);

  /// Those of the keys that a later chunk has brought after all.
  std::set<std::string> held(const std::vector<std::string>& keys);

  /// Adds the keys of the target that the stage lacks, as gone; of rows t for which the condition is true.
  /// Answers how many. The stage is settled.
  std::size_t add_unknown(const std::string& condition = "true");

  /// Forgets the rows that the target has already; of rows t for which the condition is true.
  void forget_equal(const std::string& condition);

  /// Lets go of it before the transaction ends.
  void drop();

  /// Leaves one state a key, and lets the planner know how many there are.
  void settle();

  /// The states as sources of the statements that write them.
  WriteSource source() const;

  const TargetTable& table() const { return table_; }
  const std::string& name() const { return name_; }
  std::int64_t rows() const { return rows_; }

 private:
  std::vector<std::string> all_columns() const;
  enum class Spelling { text, bytes };
  std::string lines(const TableWrite& write, Spelling spelling) const;
  std::vector<Refusal> add_bisecting(const TableWrite& write, std::size_t most);
  static std::string cast(const TargetColumn& column);
  Refusal refusal_of(const TableWrite& write, const RefusedPlace& refused, const TargetColumn* column) const;
  std::vector<const TargetColumn*> columns_at_fault(const std::vector<RefusedPlace>& refused);
  std::string first_refused_column(std::int64_t row) const;
  Session& session_;
  const TargetTable& table_;
  std::string state_schema_;
  std::string name_;
  std::int64_t chunks_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t first_row_ = 0;  ///< of the chunk that is being added
};

}  // namespace sluice::applier
