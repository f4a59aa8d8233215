#pragma once

#include <optional>
#include <vector>

#include "applier/server/server_table.h"
#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "applier/values/options.h"

/// Which table of the server a source table is written to.
namespace sluice::applier {

/// What the server has of the names that the source tables go by: an answer a table, in one round trip.
std::vector<ServerSurvey> survey_targets(Session& session, const TargetOptions& options,
                                         const std::vector<capture::SourceTable>& sources);

/// Finds the target of a source table: by exact name, else by a unique match without regard to case; nothing
/// where there is none. Throws ApplyError (table) where it doesn't fit, with the DDL that would make it fit.
std::optional<TargetTable> find_target(const Session& session, const TargetOptions& options,
                                       const capture::SourceTable& source, const ServerSurvey& survey);
/// The same, asking for this table alone.
std::optional<TargetTable> find_target(Session& session, const TargetOptions& options,
                                       const capture::SourceTable& source);

/// Throws ApplyError (table) where two tables would be written to one.
void refuse_shared_targets(const TargetOptions& options, const std::vector<capture::SourceTable>& sources);

}  // namespace sluice::applier
