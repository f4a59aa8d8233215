#pragma once

#include <exception>
#include <stdexcept>

#include "daemon/sync/failure.h"

namespace sluice::daemon {

/// Runs a piece of work and turns what it throws into one line with the remedy.
template <typename Work>
auto told(Work work) {
  try {
    return work();
  } catch (...) {
    const auto error = report_failure(std::current_exception()).error;
    throw std::runtime_error(error.message + "; " + error.hint);
  }
}

}  // namespace sluice::daemon
