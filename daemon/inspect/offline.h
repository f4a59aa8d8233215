#pragma once

#include <string>
#include <vector>

#include "applier/compare/design_diff.h"
#include "daemon/config/config.h"
#include "daemon/report/service.h"

/// What sluicectl does itself, with the file and the server, while no daemon holds the pipeline. Each call
/// blocks until it is done and throws std::runtime_error with the reason and the remedy.
namespace sluice::daemon {

/// Is everything ready? Never throws for what it finds wrong: that is what the answer tells.
CheckAnswer check_offline(const PipelineConfig& config);

/// The Postgres DDL for the source, to be run by hand. Needs no server.
std::string schema_offline(const PipelineConfig& config);

/// What the server has otherwise.
std::vector<applier::SchemaDifference> schema_differences(const PipelineConfig& config);

/// Puts what capture needs into the source file; returns what was done, in lines for people.
std::string install_offline(const PipelineConfig& config);

/// Takes it out again, unless `others` read the file as well, and with `target` also the pipeline's state in
/// Postgres; returns what was done.
std::string uninstall_offline(const PipelineConfig& config, bool target,
                              const std::vector<std::string>& others);

}  // namespace sluice::daemon
