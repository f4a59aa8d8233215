#pragma once

#include "tests/fuzz/workload.h"

namespace sluice::fuzz {

/// The scenario with everything left out without which it still `fails`; the last step stays.
template <typename Fails>
Scenario shrunk(Scenario scenario, Fails fails) {
  const auto thin_out = [&](auto member, std::size_t keep) {
    for (std::size_t width = (scenario.*member).size(); width > 0; width /= 2) {
      for (std::size_t i = 0; i + width + keep <= (scenario.*member).size();) {
        Scenario smaller = scenario;
        auto& list = smaller.*member;
        const auto from = list.begin() + static_cast<std::ptrdiff_t>(i);
        list.erase(from, from + static_cast<std::ptrdiff_t>(width));
        if (fails(smaller)) {
          scenario = std::move(smaller);
        } else {
          i += width;
        }
      }
    }
  };
  thin_out(&Scenario::steps, 1);
  thin_out(&Scenario::later_triggers, 0);
  thin_out(&Scenario::schema, 0);
  thin_out(&Scenario::steps, 1);
  return scenario;
}

}  // namespace sluice::fuzz
