#pragma once

#include <stdexcept>

namespace sluice::daemon {

/// Why there can be no control socket, with the remedy: ready to print.
class SocketError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice::daemon
