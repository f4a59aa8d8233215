#include "daemon/ctl/failure.h"

#include <cstdio>

#include "daemon/config/config.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

ExitCode exit_code_for(Refused why) {
  switch (why) {
    case Refused::bad_request:
    case Refused::not_found:
      return ExitCode::usage;
    case Refused::timed_out:
      return ExitCode::timed_out;
    default:
      return ExitCode::failed;
  }
}

}  // namespace

CtlFailure failure_from(const ControlError& error) {
  return {exit_code_for(error.why), error.message + "; " + error.hint};
}

void complain(const std::string& reason) {
  std::fprintf(stderr, "sluicectl: %s\n", text::harmless(reason).c_str());
}

ExitCode run_guarded(const std::function<ExitCode()>& verb) try {
  return verb();
} catch (const CtlFailure& failure) {
  complain(failure.what());
  return failure.exit_code;
} catch (const ConfigError& error) {
  complain(error.what());
  return ExitCode::usage;
} catch (const std::exception& error) {
  complain(error.what());
  return ExitCode::failed;
}

}  // namespace sluice::daemon
