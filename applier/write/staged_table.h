#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "applier/server/target_table.h"

/// The tables of a batch with the stages that hold their new states, and the order in which half of the batch
/// can stand without the other half. Pure.
namespace sluice::applier {

/// A row's place is its number in that order: rows to be written, parents first; then keys to be deleted,
/// children first.
struct StagedTable {
  const TargetTable* table = nullptr;
  std::string stage;
  std::int64_t rank = 0;    ///< among the tables, parents first
  std::int64_t tables = 0;  ///< how many there are
};

/// The first and the last place that a statement writes, as SQL: literals or parameters.
struct Places {
  std::string first;
  std::string last;
};

/// "Is the row `alias` of the stage within the places?"
std::string within(const StagedTable& table, const std::string& alias, const Places& places);

/// The statements after which a few places of a stage are found without reading all of it.
std::string index_places_sql(const StagedTable& table);

/// A query for all places, in order.
std::string places_sql(const std::vector<StagedTable>& tables);

/// Which table and which row of its stage a place stands for.
struct StagedRow {
  const StagedTable* table = nullptr;
  std::int64_t row = 0;
};
StagedRow at_place(const std::vector<StagedTable>& tables, std::int64_t place);

}  // namespace sluice::applier
