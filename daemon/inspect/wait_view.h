#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "applier/server/session.h"
#include "daemon/config/config.h"
#include "daemon/report/waiting.h"

namespace sluice::daemon {

/// Sees whom a pipeline's call to the server waits for, over connections of its own that are given little
/// time. Blocking; used from one thread, cut() from any.
class WaitView {
 public:
  /// Nothing where the server is at work on it, or where that can't be seen.
  std::optional<Waiting> look(const PipelineConfig& config, const LongCall& call);

  /// Makes a look that is under way fail, and every other from now on.
  void cut();

 private:
  std::shared_ptr<applier::Lifeline> lifeline_ = std::make_shared<applier::Lifeline>();
  std::atomic<bool> is_cut_{false};
};

}  // namespace sluice::daemon
