#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "daemon/report/service.h"

namespace sluice::daemon {

/// A request that is answered with an error document.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(ControlError refused) : std::runtime_error(refused.message), error(std::move(refused)) {}

  ControlError error;
};

}  // namespace sluice::daemon
