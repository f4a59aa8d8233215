#include "daemon/inspect/look.h"

#include "daemon/report/refusal.h"
#include "daemon/sync/failure.h"

namespace sluice::daemon {

ControlError refused_look() {
  try {
    throw;
  } catch (const Refusal& refused) {
    return refused.error;
  } catch (...) {
    const auto report = report_failure(std::current_exception());
    const Refused why = report.failure == Failure::away ? Refused::unavailable : Refused::conflict;
    return {why, report.error.code, report.error.message, report.error.hint};
  }
}

}  // namespace sluice::daemon
