#include "daemon/sync/table_making.h"

#include <algorithm>
#include <map>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/schemas.h"
#include "applier/server/state_store.h"
#include "applier/server/target_refusals.h"
#include "applier/values/names.h"
#include "daemon/sync/position_row.h"
#include "daemon/sync/remembered.h"
#include "daemon/sync/schema_design.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::TableDesign;

ApplyError not_created(ApplyError error, const TableDesign& design, const std::string& grant) {
  error.table = design.source;
  error.hint = (grant.empty() ? "let the role create it, or create it yourself: "
                              : grant + " Or create it yourself: ") +
               applier::in_one_line(applier::create_table_sql(design)) + ";";
  return error;
}

std::map<std::string, applier::TypeRule::Kind> units_of(const TableDesign& design) {
  std::map<std::string, applier::TypeRule::Kind> units;
  for (const auto& column : design.columns) {
    if (column.unit) units.emplace(column.source, *column.unit);
  }
  return units;
}

/// A table by its rows, and as its declarations alone would have it.
struct Designed {
  const TableDesign& by_rows;
  const TableDesign& by_schema;
};

/// `grant`: what the role lacks, if anything.
void make_table(SyncState& state, applier::Session& session, const Designed& designed,
                const std::string& grant) {
  const TableDesign& design = designed.by_rows;
  try {
    session.exec(applier::create_table_sql(design));
    for (const auto& comment : applier::comments_sql(design)) session.exec(comment);
  } catch (const ApplyError& refusal) {
    throw not_created(refusal, design, grant);
  }
  auto& progress = state.progress[design.source];
  progress.made = true;
  progress.unfinished = !design.indexes.empty() || !design.foreign_keys.empty();
  progress.ddl = fingerprint(designed.by_schema);
  progress.units = units_of(design);
  state.units_sought.insert(design.source);
  session.exec(
      applier::save_progress_sql(state.target.state_schema, state.config.name, design.source, progress));
}

}  // namespace

void make_tables(SyncState& state, const Sides& sides, const std::vector<capture::SourceTable>& missing,
                 const std::vector<applier::TargetTable>& there) {
  const auto designs =
      design_tables(sides.source, state.target, with_parents(state, missing), DesignBy::rows, there);
  const auto by_schema = design_tables(sides.source, state.target, state.catalog.tables, DesignBy::schema);
  for (const auto& table : missing) applier::refuse_too_many_columns(table);
  const auto grant = applier::missing_right_to_fill(sides.session, state.target.schema);
  applier::Transaction transaction(sides.session);
  const bool first_time = !state.row;
  const Known known = known_from_now(state, sides);
  if (!first_time) known.session.exec(advance_nowhere(state, known));
  applier::make_schema(known.session, state.target.schema);
  for (const TableDesign& design : designs) {
    if (is_among(missing, design.source))
      make_table(state, known.session, {design, design_of(by_schema, design.source)}, grant.value_or(""));
  }
  transaction.commit();
  if (!first_time) advanced_nowhere(known);
}

std::vector<capture::SourceTable> with_parents(const SyncState& state,
                                               std::vector<capture::SourceTable> tables) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto parents = tables[i].parents;
    for (const auto& table : state.catalog.tables) {
      const bool points_at_it = std::any_of(parents.begin(), parents.end(),
                                            [&](const auto& parent) { return is_among({table}, parent); });
      if (points_at_it && !is_among(tables, table.name)) tables.push_back(table);
    }
  }
  return tables;
}

bool is_among(const std::vector<capture::SourceTable>& tables, const std::string& name) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const auto& each) { return applier::same_name(each.name, name); });
}

}  // namespace sluice::daemon
