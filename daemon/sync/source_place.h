#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "applier/values/options.h"
#include "capture/source_types.h"
#include "daemon/config/config.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

/// How capture is to open a pipeline's file.
capture::SourceOptions source_options(const PipelineConfig& config);

/// The tables that tables.rules speaks of and that are not captured.
std::vector<std::string> idle_rules(const PipelineConfig& config, const capture::Catalog& catalog);

/// What capture leaves out, as people are told.
std::vector<NotCaptured> not_captured(const capture::Catalog& catalog);

/// The machine as the target remembers it: source.host, else the machine id.
std::string machine_id(const PipelineConfig& config);

/// The id in a file such as /etc/machine-id; "unknown" where there is no such file. Throws ApplyError
/// `machine_unknown` where it can't be read: nothing may be concluded from that, nor stored.
std::string read_machine_id(const std::filesystem::path& path);

/// Is the pipeline's file where this source was, under whatever name of the same file?
bool is_at(const PipelineConfig& config, const applier::SourceIdentity& known);

}  // namespace sluice::daemon
