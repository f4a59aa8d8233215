#pragma once

#include "daemon/config/config.h"
#include "daemon/report/service.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

/// Is everything ready? Looks at the file and the server itself, writes to neither, and takes into account
/// what a running pipeline says (null where none runs). Blocks. Never throws: what fails is an item of the
/// answer.
CheckAnswer check_pipeline(const PipelineConfig& config, const PipelineReport* running);

}  // namespace sluice::daemon
