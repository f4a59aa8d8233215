#pragma once

#include <chrono>

#include "applier/values/options.h"
#include "capture/source_types.h"
#include "daemon/config/config.h"

/// A look is for somebody who waits: what holds it up is told after seconds, not waited out.
namespace sluice::daemon {

/// By then a look is answered, whatever holds it up. Longer than any single wait of the options below.
constexpr std::chrono::seconds kLookDeadline{10};

/// How a look opens a pipeline's file.
capture::SourceOptions source_look_options(const PipelineConfig& config);

/// How a look reaches a pipeline's server.
applier::TargetOptions target_look_options(const PipelineConfig& config);

}  // namespace sluice::daemon
