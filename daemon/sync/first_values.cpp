#include "daemon/sync/first_values.h"

#include <algorithm>
#include <string>
#include <vector>

#include "applier/design/alter_ddl.h"
#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/rows_there.h"
#include "applier/server/server_table.h"
#include "applier/values/names.h"
#include "daemon/log/log.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/table_making.h"

namespace sluice::daemon {
namespace {

using applier::DesignedColumn;
using applier::TableDesign;
using applier::TargetTable;

/// Those that the table's own rows would have been given otherwise.
std::vector<const DesignedColumn*> misfits(const TableDesign& design, const TargetTable& table) {
  std::vector<const DesignedColumn*> columns;
  for (const auto& column : design.columns) {
    const auto found =
        std::ranges::find(table.columns, applier::quote_name(column.name), &applier::TargetColumn::name);
    if (found != table.columns.end() && !column.identity && type_in_design(*found) != column.type)
      columns.push_back(&column);
  }
  return columns;
}

void alter(SyncState& state, const Known& known, const TableDesign& design,
           const std::vector<const DesignedColumn*>& columns) {
  const applier::AlterColumns alter(design.schema, design.name);
  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  for (const auto* column : columns)
    known.session.exec(alter.retype_without_rows(column->name, column->type));
  for (const auto& comment : applier::comments_sql(design)) known.session.exec(comment);
  transaction.commit();
  advanced_nowhere(known);
}

}  // namespace

bool follow_first_values(SyncState& state, const Known& known, const TargetTable& table) {
  const auto& progress = progress_of(state, table);
  if (!progress.made || applier::holds_rows(known.session, table)) return false;
  const auto designs =
      design_tables(known.source, state.target, with_parents(state, {table.source}), DesignBy::rows);
  const auto design = std::ranges::find(designs, table.source.name, &TableDesign::source);
  const auto columns = misfits(*design, table);
  if (columns.empty()) return false;
  try {
    alter(state, known, *design, columns);
  } catch (const applier::ApplyError& refusal) {
    // Something depends on the column, or the table is no longer ours: the refused row says what to do.
    if (refusal.fault != applier::Fault::table) throw;
    return false;
  }
  for (const auto* column : columns) {
    log_event(LogLevel::info, "type_follows_values",
              {{"pipeline", state.config.name},
               {"table", table.source.name},
               {"column", column->source},
               {"type", column->type}});
  }
  return true;
}

}  // namespace sluice::daemon
