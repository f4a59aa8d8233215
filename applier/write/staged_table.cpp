#include "applier/write/staged_table.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

/// A place is a step, one a table and direction, and the row's number below it.
constexpr int kRowBits = 40;
constexpr std::int64_t kRowMask = (std::int64_t{1} << kRowBits) - 1;

std::int64_t step_of_writes(const StagedTable& table) {
  return table.rank;
}

std::int64_t step_of_deletes(const StagedTable& table) {
  return 2 * table.tables - table.rank;
}

/// `prefix`: "s." for a row under that alias.
std::string place(const StagedTable& table, const std::string& prefix) {
  return "(CASE WHEN " + prefix + "sluice_gone THEN " + std::to_string(step_of_deletes(table) << kRowBits) +
         " ELSE " + std::to_string(step_of_writes(table) << kRowBits) + " END + " + prefix + "sluice_row)";
}

}  // namespace

std::string within(const StagedTable& table, const std::string& alias, const Places& places) {
  return place(table, alias + ".") + " BETWEEN " + places.first + " AND " + places.last;
}

std::string index_places_sql(const StagedTable& table) {
  const std::string name = "sluice_places_" + std::to_string(table.rank);
  return "CREATE INDEX " + name + " ON " + table.stage + " (" + place(table, "") + "); ANALYZE " +
         table.stage + ";";
}

std::string places_sql(const std::vector<StagedTable>& tables) {
  std::vector<std::string> parts;
  for (const auto& staged : tables) {
    parts.push_back("SELECT " + place(staged, "s.") + " FROM " + staged.stage + " AS s");
  }
  return join(parts, " UNION ALL ") + " ORDER BY 1";
}

StagedRow at_place(const std::vector<StagedTable>& tables, std::int64_t place) {
  const std::int64_t step = place >> kRowBits;
  for (const auto& staged : tables) {
    if (step == step_of_writes(staged) || step == step_of_deletes(staged)) return {&staged, place & kRowMask};
  }
  return {};
}

}  // namespace sluice::applier
