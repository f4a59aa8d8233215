#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace sluice::support {

/// How long a test waits before it calls something broken; generous, because sanitizers and shared cores are
/// slow.
constexpr std::chrono::seconds kPatience{30};

/// Looks at `condition` every few milliseconds until it holds. Throws std::runtime_error, naming `what` was
/// waited for, once `deadline` has passed; an exception of the condition itself passes through.
template <typename Condition>
void wait_until(const std::string& what, Condition condition,
                std::chrono::milliseconds deadline = kPatience) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) {
      throw std::runtime_error("waited " + std::to_string(deadline.count()) + " ms in vain until " + what);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

}  // namespace sluice::support
