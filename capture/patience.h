#pragma once

#include <sqlite3.h>

#include <chrono>
#include <thread>

namespace sluice::capture {

/// Waits for a lock as long as the options say, asking every millisecond: SQLite's own waiting sleeps up to
/// 100 ms at a time, and between the transactions of busy writers in a rollback-journal mode never meets a
/// free moment. Lives longer than the connection; on its thread.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds limit) : limit_(limit) {}

  void install(sqlite3* database) { sqlite3_busy_handler(database, &Patience::wait, this); }
  void set(std::chrono::milliseconds limit) { limit_ = limit; }

 private:
  static int wait(void* self, int times_asked) {
    auto& patience = *static_cast<Patience*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (times_asked == 0) patience.since_ = now;
    if (now - patience.since_ >= patience.limit_) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return 1;
  }

  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace sluice::capture
