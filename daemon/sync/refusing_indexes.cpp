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

/// The same SQLSTATE says that a row is too big for its table, which no index is to blame for. An expression
/// may be as long as it likes.
bool is_too_long(const Known& known, const capture::SourceTable& table, const TableDesign& design,
                 const DesignedIndex& index) {
  constexpr std::int64_t kFewEnough = 2000;  // a B-tree takes 2,704, after compression
  return std::ranges::any_of(index.terms, [&](const std::string& term) {
    const auto column = std::ranges::find_if(
        design.columns, [&](const auto& each) { return term.starts_with(applier::quote_name(each.name)); });
    return column == design.columns.end() || known.source.has_longer(table, column->source, kFewEnough);
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
    const auto& table = *std::ranges::find(state.catalog.tables, design.source, &capture::SourceTable::name);
    for (const auto& index : design.indexes) {
      const std::string other = applier::other_index_name(design, index.name);
      const std::string& name = made.contains(index.name) ? index.name : other;
      const bool ours = !index.unique && made.contains(name);
      if (ours && is_too_long(known, table, design, index)) drop(state, known, design, name);
    }
  }
}

}  // namespace sluice::daemon
