#pragma once

#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "applier/write/staged_table.h"

/// The statements of the general way to write a batch: all tables at once, so that nothing is checked before
/// everything is written. Pure: text in, text out.
namespace sluice::applier {

/// How rows give way to others that take over their unique values.
enum class Way {
  plain,  ///< not at all: deletes, updates and inserts as they are
  lift,   ///< they are deleted and inserted again within the statement, with the server's own columns
  park,   ///< their unique values are set to NULL first
};

/// Which way rows of a table can give way. Where a delete would cascade to other tables, only columns that
/// take NULL can be parked; plain where neither works.
Way way_to_yield(const TargetTable& table, ApplyMode mode);

/// All statements, in order. `yielding`: rows give way to others, each table in its own way.
std::vector<std::string> general_statements(const std::vector<StagedTable>& tables, const Places& places,
                                            bool yielding, ApplyMode mode, const std::string& state_schema);

}  // namespace sluice::applier
