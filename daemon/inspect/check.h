#pragma once

#include "daemon/config/config.h"
#include "daemon/inspect/look.h"
#include "daemon/report/service.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

/// Is everything ready? Looks at the file and the server itself, writes to neither, and takes into account
/// what a running pipeline says (null where none runs). Blocks, as far as it waits for the server until
/// `line` is cut. Never throws: what fails is an item of the answer.
CheckAnswer check_pipeline(const PipelineConfig& config, const PipelineReport* running, const LookLine& line);

}  // namespace sluice::daemon
