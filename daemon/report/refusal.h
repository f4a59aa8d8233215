#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "daemon/report/service.h"

namespace sluice::daemon {

/// A request that is answered with an error document.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(ControlError refused, std::string allowed_methods = {})
      : std::runtime_error(refused.message), error(std::move(refused)), allow(std::move(allowed_methods)) {}

  ControlError error;
  std::string allow;  ///< value of the Allow header of a 405, else empty
};

}  // namespace sluice::daemon
