#include "daemon/report/status.h"

namespace sluice::daemon {

const char* to_string(State state) {
  switch (state) {
    case State::starting:
      return "starting";
    case State::copying:
      return "copying";
    case State::catching_up:
      return "catching_up";
    case State::streaming:
      return "streaming";
    case State::idle:
      return "idle";
    case State::paused:
      return "paused";
    case State::retrying:
      return "retrying";
    case State::halted:
      return "halted";
    case State::diverged:
      return "diverged";
    case State::finished:
      return "finished";
    case State::stopped:
      return "stopped";
  }
  return "stopped";
}

}  // namespace sluice::daemon
