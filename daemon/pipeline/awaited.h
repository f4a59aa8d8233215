#pragma once

#include <optional>

#include "daemon/config/config.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

/// What a failed attempt has waited for, and the next one will, where the error is of that kind. `seen` is
/// whom the call was seen to wait for, if it was: then the error names them too.
std::optional<Waiting> awaited(ErrorReport& error, const PipelineConfig& config,
                               const std::optional<Waiting>& seen);

}  // namespace sluice::daemon
