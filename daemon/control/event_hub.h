#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/control/events.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// Watches the daemon for those who listen to GET /v1/events; does nothing while nobody does.
/// Control thread only.
class EventHub {
 public:
  /// Takes a piece of the stream; false when it can take no more: it is then forgotten.
  using Sink = std::function<bool(const std::string&)>;

  EventHub(boost::asio::io_context& io, ControlService& service);

  void subscribe(Sink sink);
  /// For good; must be called before the end of its life while `io` may still run.
  void stop();

 private:
  void wait();
  void tick();
  void send(const std::string& text);

  ControlService& service_;
  boost::asio::steady_timer timer_;
  std::vector<Sink> sinks_;
  EventDiffer differ_;
  EventDiffer::Time last_sign_of_life_{};
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< false: a timer that still fires is too late
};

}  // namespace sluice::daemon
