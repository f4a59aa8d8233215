#pragma once

#include "applier/values/options.h"
#include "daemon/config/config.h"

namespace sluice::daemon {

/// How the applier is to reach a pipeline's database and what to do there.
applier::TargetOptions target_options(const PipelineConfig& config);

}  // namespace sluice::daemon
