#pragma once

#include <set>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "capture/source.h"
#include "daemon/config/config.h"

namespace sluice::daemon {

/// What is not as it should be with a table that Sluice has made, though rows go over all the same.
struct SchemaNote {
  std::string table;
  std::string detail;
  std::string remedy;
};

/// The tables that Sluice has made and whose schema in SQLite is still the one that they were made for: their
/// types are as they are to be, whatever the rows of today would have had it choose.
std::set<std::string> made_and_unmoved(const PipelineConfig& config, applier::Session& session,
                                       capture::Source& source,
                                       const std::vector<capture::SourceTable>& tables);

/// Tables whose schema in SQLite has moved on since they were made, and foreign keys that do not hold for all
/// rows. Writes nothing.
std::vector<SchemaNote> schema_notes(const PipelineConfig& config, applier::Session& session,
                                     const std::vector<applier::TargetTable>& tables);

}  // namespace sluice::daemon
