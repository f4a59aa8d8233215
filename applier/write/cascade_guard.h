#pragma once

#include <string>
#include <vector>

#include "applier/write/staged_table.h"

namespace sluice::applier {

/// Statements that raise SL002 before a staged table is written in ordinary mode, where the server would then
/// change rows of other tables by its own CASCADE, SET NULL or SET DEFAULT: rows that the source has kept, or
/// that the batch is about to write. `tables`: all of the batch. Pure.
std::vector<std::string> cascade_guards(const StagedTable& parent, const std::vector<StagedTable>& tables,
                                        const Places& places, const std::string& state_schema);

}  // namespace sluice::applier
