#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "daemon/inspect/wait_view.h"
#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {

/// Finds out whom pipelines wait for whose calls to the server last, on a thread of its own: the server may
/// keep it waiting as well.
class WaitWatch {
 public:
  ~WaitWatch();

  /// Looks, where it is time to. By the thread that calls Pipeline::healthy().
  void look_after(const std::shared_ptr<Pipeline>& pipeline, Pump::Time now);

 private:
  WaitView view_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace sluice::daemon
