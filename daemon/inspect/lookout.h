#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "daemon/inspect/look.h"
#include "daemon/inspect/look_options.h"

namespace sluice::daemon {

/// Looks at files and servers, on threads of its own: whatever they wait for, no thread that moves data does.
/// One look a pipeline at a time and a few in all; some more wait for their turn. Each is answered by its
/// deadline, and given up where nobody wants to know any more. Control thread only: construct it where
/// `control` runs, or before; `control` outlives it.
class Lookout {
 public:
  static constexpr std::size_t kOfOnePipeline = 4;  ///< under way or waiting
  static constexpr std::size_t kInAll = 32;

  /// Takes so many looks at once.
  Lookout(boost::asio::io_context& control, std::size_t threads,
          std::chrono::milliseconds deadline = kLookDeadline);
  /// Cuts what is under way, and blocks until it has ended; answers nobody.
  ~Lookout();
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  /// Begins the look, or keeps it until its turn has come. Refuses it (503) where too many wait.
  void ask(std::shared_ptr<Look> look);

  /// Refuses what waits, and whatever is asked from now on; cuts what is under way. Calls `closed` once
  /// nothing is, at once or later.
  void close(std::function<void()> closed);

  bool idle() const { return asked_.empty(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Asked {
    std::shared_ptr<Look> look;
    Time deadline;
    bool under_way = false;
  };

  std::size_t under_way() const;
  bool has_room_for(const std::string& pipeline) const;
  bool may_begin(const Asked& asked) const;
  void begin_next();
  void begin(Asked& asked);
  void ended(const std::shared_ptr<Look>& look);
  void supervise();
  void watch();

  boost::asio::io_context& control_;
  boost::asio::steady_timer timer_;
  std::size_t threads_;
  std::chrono::milliseconds deadline_;
  std::list<Asked> asked_;  ///< in the order in which they were
  bool watching_ = false;
  std::function<void()> closed_;   ///< set once it is to close
  boost::asio::thread_pool pool_;  ///< last: its threads end first
};

}  // namespace sluice::daemon
