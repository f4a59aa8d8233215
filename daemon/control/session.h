#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <memory>

#include "daemon/control/admission.h"
#include "daemon/control/event_hub.h"
#include "daemon/control/routes.h"

namespace sluice::daemon {

/// What the connections share.
struct ControlHouse {
  ControlDesk desk;
  EventHub events;
  uid_t owner;  ///< who runs the daemon
};

/// One connection: requests one after another, until the client or a timeout ends it. Lives as long as it has
/// something under way. Control thread only.
class ControlSession {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  virtual ~ControlSession() = default;
  virtual void start() = 0;
  /// Ends it now; a reply that comes later goes nowhere.
  virtual void close() = 0;

  /// `house` must live until close() or the session's end.
  static std::shared_ptr<ControlSession> create(Socket socket, ControlHouse& house, const Place& place);
};

}  // namespace sluice::daemon
