#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "applier/session.h"
#include "applier/target_table.h"

/// The statements of the general way to write a batch: all tables at once, so that nothing is checked before
/// everything is written. Pure: text in, text out.
namespace sluice::applier {

/// How rows give way to others that take over their unique values.
enum class Way {
  plain,  ///< not at all: deletes, updates and inserts as they are
  lift,   ///< they are deleted and inserted again within the statement, with the server's own columns
  park,   ///< their unique values are set to NULL first
};

/// A table with the stage that holds its new states. A row's place is its number in the order in which half a
/// batch can stand without the other half: rows to be written, parents first; then keys to be deleted,
/// children first.
struct StagedTable {
  const TargetTable* table = nullptr;
  std::string stage;
  std::int64_t rank = 0;    ///< among the tables, parents first
  std::int64_t tables = 0;  ///< how many there are
};

/// The first and the last place that a statement writes, as SQL: literals or parameters.
struct Places {
  std::string first;
  std::string last;
};

/// Which way rows of a table can give way. Where a delete would cascade to other tables, only columns that
/// take NULL can be parked; plain where neither works.
Way way_to_yield(const TargetTable& table, ApplyMode mode);

/// All statements, in order. `yielding`: rows give way to others, each table in its own way.
std::vector<std::string> general_statements(const std::vector<StagedTable>& tables, const Places& places,
                                            bool yielding, ApplyMode mode, const std::string& state_schema);

/// A query for all places, in order.
std::string places_sql(const std::vector<StagedTable>& tables);

/// Which table and which row of its stage a place stands for.
struct StagedRow {
  const StagedTable* table = nullptr;
  std::int64_t row = 0;
};
StagedRow at_place(const std::vector<StagedTable>& tables, std::int64_t place);

}  // namespace sluice::applier
