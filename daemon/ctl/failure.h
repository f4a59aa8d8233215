#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "daemon/base/exit_code.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// Why a verb of sluicectl did not do its work: "WHAT; REMEDY", and the exit code it leads to.
class CtlFailure : public std::runtime_error {
 public:
  CtlFailure(ExitCode code, const std::string& reason) : std::runtime_error(reason), exit_code(code) {}
  ExitCode exit_code;
};

/// A refusal by the daemon as a failure.
CtlFailure failure_from(const ControlError& error);

/// Writes "sluicectl: REASON" to standard error, on one line whatever the reason holds.
void complain(const std::string& reason);

/// Runs a verb; every exception becomes a line on standard error and an exit code.
ExitCode run_guarded(const std::function<ExitCode()>& verb);

}  // namespace sluice::daemon
