#include "daemon/schema_design.h"

namespace sluice::daemon {

std::vector<applier::TableDesign> design_tables(capture::Source& source,
                                                const applier::TargetOptions& options,
                                                const std::vector<capture::SourceTable>& tables,
                                                DesignBy by) {
  std::vector<applier::ObservedTable> observed;
  observed.reserve(tables.size());
  for (const auto& table : tables) {
    auto& seen = observed.emplace_back(options, source.details(table));
    if (by == DesignBy::rows) source.sample(table, [&](const capture::Row& row) { seen.note(row); });
  }
  return applier::design_tables(options, std::move(observed));
}

}  // namespace sluice::daemon
