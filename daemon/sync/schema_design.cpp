#include "daemon/sync/schema_design.h"

#include <algorithm>

#include "applier/values/time_units.h"

namespace sluice::daemon {

namespace {

void give_types(applier::ObservedTable& seen, const std::vector<applier::TargetTable>& there) {
  for (const auto& table : there) {
    if (table.source.name != seen.details().table.name) continue;
    for (const auto& column : table.columns) seen.choices()[column.source].give(type_in_design(column));
  }
}

}  // namespace

std::vector<applier::TableDesign> design_tables(capture::Source& source,
                                                const applier::TargetOptions& options,
                                                const std::vector<capture::SourceTable>& tables, DesignBy by,
                                                const std::vector<applier::TargetTable>& there) {
  const bool by_rows = by == DesignBy::rows;
  const auto convention = by_rows ? applier::unit_by_convention(source.table_names()) : std::nullopt;
  std::vector<applier::ObservedTable> observed;
  observed.reserve(tables.size());
  for (const auto& table : tables) {
    auto& seen = observed.emplace_back(options, source.details(table), convention);
    if (by_rows) source.sample(table, [&](const capture::Row& row) { seen.note(row); });
    give_types(seen, there);
  }
  return applier::design_tables(options, std::move(observed));
}

const applier::TableDesign& design_of(const std::vector<applier::TableDesign>& designs,
                                      const std::string& table) {
  return *std::ranges::find(designs, table, &applier::TableDesign::source);
}

std::string type_in_design(const applier::TargetColumn& column) {
  const bool as_it_is = column.kind == applier::TypeKind::other || column.kind == applier::TypeKind::array ||
                        column.kind == applier::TypeKind::numeric;
  return as_it_is ? column.type : applier::name_of(column.kind);
}

}  // namespace sluice::daemon
