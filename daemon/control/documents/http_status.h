#pragma once

#include "daemon/report/service.h"

/// What HTTP calls the kinds of refusal. Pure; any thread.
namespace sluice::daemon {

int http_status(Refused why);

/// The inverse, where several share a status the most common; `internal` for a status that is none of ours.
Refused refused_by(int status);

}  // namespace sluice::daemon
