#include "daemon/inspect/look_options.h"

#include <algorithm>

#include "daemon/sync/source_place.h"
#include "daemon/sync/target_place.h"

namespace sluice::daemon {
namespace {

constexpr std::chrono::seconds kConnect{5};
constexpr std::chrono::seconds kStatement{5};
constexpr std::chrono::milliseconds kLock{2000};

}  // namespace

capture::SourceOptions source_look_options(const PipelineConfig& config) {
  auto options = source_options(config);
  options.busy_timeout = std::min(options.busy_timeout, kLock);
  return options;
}

applier::TargetOptions target_look_options(const PipelineConfig& config) {
  auto options = target_options(config);
  options.connect_timeout = kConnect;
  options.statement_timeout = kStatement;
  options.lock_timeout = kLock;
  return options;
}

}  // namespace sluice::daemon
