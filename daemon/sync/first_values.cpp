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

/// Those that still have the type of their declaration, and would have been given another one by the rows. A
/// type that somebody else has given stays.
std::vector<const DesignedColumn*> misfits(const TableDesign& by_schema, const TableDesign& by_rows,
                                           const TargetTable& table) {
  std::vector<const DesignedColumn*> columns;
  for (const auto& column : by_rows.columns) {
    const auto declared = std::ranges::find(by_schema.columns, column.source, &DesignedColumn::source);
    const auto found =
        std::ranges::find(table.columns, applier::quote_name(column.name), &applier::TargetColumn::name);
    // Each design has looked at the schema for itself.
    if (declared == by_schema.columns.end() || found == table.columns.end() || column.identity) continue;
    const bool untouched = type_in_design(*found) == declared->type;
    if (untouched && column.type != declared->type) columns.push_back(&column);
  }
  return columns;
}

/// False where somebody has put rows into the table meanwhile.
bool alter(SyncState& state, const Known& known, const TargetTable& table, const TableDesign& design,
           const std::vector<const DesignedColumn*>& columns) {
  const applier::AlterColumns alter(design.schema, design.name);
  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  known.session.exec("LOCK TABLE " + table.name);
  if (applier::holds_rows(known.session, table)) return false;
  for (const auto* column : columns)
    known.session.exec(alter.retype_without_rows(column->name, column->type));
  for (const auto& comment : applier::comments_sql(design)) known.session.exec(comment);
  transaction.commit();
  advanced_nowhere(known);
  return true;
}

void tell(const SyncState& state, const TargetTable& table,
          const std::vector<const DesignedColumn*>& columns) {
  for (const auto* column : columns) {
    log_event(LogLevel::info, "type_follows_values",
              {{"pipeline", state.config.name},
               {"table", table.source.name},
               {"column", column->source},
               {"type", column->type}});
  }
}

}  // namespace

bool follow_first_values(SyncState& state, const Known& known, const TargetTable& table) {
  if (!progress_of(state, table).made || applier::holds_rows(known.session, table)) return false;
  const auto tables = with_parents(state, {table.source});
  const auto by_schema = design_tables(known.source, state.target, tables, DesignBy::schema);
  const auto by_rows = design_tables(known.source, state.target, tables, DesignBy::rows);
  const auto columns =
      misfits(design_of(by_schema, table.source.name), design_of(by_rows, table.source.name), table);
  if (columns.empty()) return false;
  try {
    if (!alter(state, known, table, design_of(by_rows, table.source.name), columns)) return false;
  } catch (const applier::ApplyError& refusal) {
    // Something depends on the column, or the table is no longer ours: the refused row says what to do.
    if (refusal.fault != applier::Fault::table) throw;
    return false;
  }
  tell(state, table, columns);
  return true;
}

}  // namespace sluice::daemon
