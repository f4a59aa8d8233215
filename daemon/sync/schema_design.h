#pragma once

#include <string>
#include <vector>

#include "applier/design/table_design.h"
#include "applier/server/target_table.h"
#include "capture/source.h"

namespace sluice::daemon {

/// What a design goes by beside the schema: nothing, so that it changes with the schema alone, or also what
/// the rows hold.
enum class DesignBy { schema, rows };

/// The Postgres tables for these tables of the source, which may point at one another. Looks at a bounded
/// number of rows; writes nothing.
std::vector<applier::TableDesign> design_tables(capture::Source& source,
                                                const applier::TargetOptions& options,
                                                const std::vector<capture::SourceTable>& tables, DesignBy by,
                                                const std::vector<applier::TargetTable>& there = {});

/// That of a table of the source, which has to be among them.
const applier::TableDesign& design_of(const std::vector<applier::TableDesign>& designs,
                                      const std::string& table);

/// The type of a column that is there, as the designs write it.
std::string type_in_design(const applier::TargetColumn& column);

}  // namespace sluice::daemon
