#pragma once

#include <chrono>
#include <functional>

namespace sluice::daemon {

/// Waiting times that double up to a limit, each drawn from zero to the full step ("full jitter"), so that
/// many daemons do not come back to a server at the same moment. Pure: the randomness is passed in.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;
  /// A number in [0, 1).
  using Random = std::function<double()>;

  Backoff(Milliseconds initial, Milliseconds max, Random random);

  /// The next time to wait; never less than a tenth of the first step.
  Milliseconds next();

  /// After a success the next failure starts from the beginning.
  void reset();

 private:
  Milliseconds initial_;
  Milliseconds max_;
  Random random_;
  Milliseconds step_;
};

}  // namespace sluice::daemon
