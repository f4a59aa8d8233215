#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "applier/server/session.h"

namespace sluice::daemon {

/// Cuts the line to the server at a point in time, whatever waits for an answer on it by then: a lock must
/// not be held for as long as a server, or the way to it, hangs. disarm() and the destructor come before it.
class LineCutter {
 public:
  LineCutter(std::shared_ptr<applier::Lifeline> line, std::chrono::steady_clock::time_point when);
  ~LineCutter() { disarm(); }
  LineCutter(const LineCutter&) = delete;
  LineCutter& operator=(const LineCutter&) = delete;

  /// From now on the line is left alone.
  void disarm();

 private:
  std::mutex mutex_;
  std::condition_variable disarmed_;
  bool is_disarmed_ = false;
  std::thread thread_;
};

}  // namespace sluice::daemon
