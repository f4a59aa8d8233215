#include "daemon/sync/refusing_indexes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "applier/design/table_ddl.h"
#include "applier/server/made_indexes.h"
#include "applier/values/identifiers.h"
#include "daemon/log/log.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/schema_design.h"

namespace sluice::daemon {
namespace {

using applier::DesignedIndex;
using applier::TableDesign;

/// Numbers and times are short.
bool may_be_long(const TableDesign& design, const DesignedIndex& index) {
  return std::ranges::any_of(index.terms, [&](const std::string& term) {
    const auto column = std::ranges::find_if(
        design.columns, [&](const auto& each) { return term.starts_with(applier::quote_name(each.name)); });
    return column == design.columns.end() || column->type == "text" || column->type == "bytea" ||
           column->type.starts_with("numeric") || column->type.starts_with("json");
  });
}

void drop(const SyncState& state, const Known& known, const TableDesign& design, const std::string& name) {
  applier::Transaction transaction(known.session, applier::Queueing::brief);
  known.session.exec(advance_nowhere(state, known));
  known.session.exec(applier::drop_index_sql(design, name));
  transaction.commit();
  advanced_nowhere(known);
  log_event(LogLevel::warning, "index_dropped",
            {{"pipeline", state.config.name},
             {"table", design.source},
             {"name", name},
             {"reason", "a row is too long for it; in SQLite it has no such limit"}});
}

}  // namespace

void drop_refusing_indexes(SyncState& state, const Known& known) {
  const auto refused = std::exchange(state.index_refused, {});
  if (refused.empty()) return;
  for (const auto& design :
       design_tables(known.source, state.target, state.catalog.tables, DesignBy::schema)) {
    if (!refused.contains(design.source)) continue;
    const auto made = applier::made_indexes(known.session, design);
    for (const auto& index : design.indexes) {
      const std::string other = applier::other_index_name(design, index.name);
      const std::string& name = made.contains(index.name) ? index.name : other;
      if (!index.unique && made.contains(name) && may_be_long(design, index))
        drop(state, known, design, name);
    }
  }
}

}  // namespace sluice::daemon
