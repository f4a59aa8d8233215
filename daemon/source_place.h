#pragma once

#include <string>

#include "capture/source.h"
#include "daemon/config.h"

namespace sluice::daemon {

/// How capture is to open a pipeline's file.
capture::SourceOptions source_options(const PipelineConfig& config);

/// The machine as the target remembers it: source.host, else the machine id.
std::string machine_id(const PipelineConfig& config);

}  // namespace sluice::daemon
