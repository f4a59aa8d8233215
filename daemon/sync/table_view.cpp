#include "daemon/sync/table_view.h"

#include <utility>

#include "applier/values/type_rule.h"
#include "daemon/sync/copy_queue.h"

namespace sluice::daemon {

std::vector<TableView> view_tables(const SyncState& state) {
  std::vector<TableView> views;
  for (const auto& table : state.plan.tables) {
    const std::string& name = table.source.name;
    TableView view{name, table.display_name, {}, 0, {}};
    if (const auto found = state.progress.find(name); found != state.progress.end())
      view.progress = found->second;
    for (const auto& [column, unit] : view.progress.units)
      view.units.push_back(column + ": " + std::string(applier::word_of(unit)));
    if (const auto found = state.rows_total.find(name); found != state.rows_total.end())
      view.rows_total = found->second;
    views.push_back(std::move(view));
  }
  return views;
}

Standing standing(const SyncState& state) {
  return {copying(state), !state.row || state.row->whole,
          static_cast<std::int64_t>(state.tolerance.quarantined.size())};
}

}  // namespace sluice::daemon
