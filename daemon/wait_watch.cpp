#include "daemon/wait_watch.h"

#include <boost/asio/post.hpp>

namespace sluice::daemon {

WaitWatch::~WaitWatch() {
  view_.cut();
}

void WaitWatch::look_after(const std::shared_ptr<Pipeline>& pipeline, Pump::Time now) {
  const auto call = pipeline->call_to_look_at(now);
  if (!call) return;
  boost::asio::post(thread_, [this, pipeline, call = *call] {
    std::optional<Waiting> found;
    try {
      found = view_.look(pipeline->config(), call);
    } catch (const std::exception&) {
      // Not known, then: nobody waits for this answer.
    }
    pipeline->saw_waiting(call, std::move(found));
  });
}

}  // namespace sluice::daemon
