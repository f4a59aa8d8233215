#include "daemon/sync/line_cutter.h"

#include <utility>

namespace sluice::daemon {

LineCutter::LineCutter(std::shared_ptr<applier::Lifeline> line, std::chrono::steady_clock::time_point when)
    : thread_([this, line = std::move(line), when] {
        std::unique_lock lock(mutex_);
        if (!disarmed_.wait_until(lock, when, [this] { return is_disarmed_; })) line->cut();
      }) {
}

void LineCutter::disarm() {
  {
    const std::scoped_lock lock(mutex_);
    is_disarmed_ = true;
  }
  disarmed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace sluice::daemon
