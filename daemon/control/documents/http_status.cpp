#include "daemon/control/documents/http_status.h"

#include <algorithm>
#include <array>

namespace sluice::daemon {

namespace {

struct Meaning {
  Refused why;
  int status;
};

constexpr std::array kMeanings{
    Meaning{Refused::bad_request, 400}, Meaning{Refused::forbidden, 403}, Meaning{Refused::not_found, 404},
    Meaning{Refused::conflict, 409},    Meaning{Refused::too_large, 413}, Meaning{Refused::unavailable, 503},
    Meaning{Refused::busy, 503},        Meaning{Refused::timed_out, 504}, Meaning{Refused::internal, 500},
};

}  // namespace

int http_status(Refused why) {
  return std::find_if(kMeanings.begin(), kMeanings.end(),
                      [why](const Meaning& each) { return each.why == why; })
      ->status;
}

Refused refused_by(int status) {
  const auto* found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [status](const Meaning& each) { return each.status == status; });
  return found == kMeanings.end() ? Refused::internal : found->why;
}

}  // namespace sluice::daemon
