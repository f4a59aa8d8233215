#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "daemon/report/status.h"

namespace sluice::daemon {

/// One server-sent event: its name and its JSON.
struct Event {
  std::string type;  ///< state, progress, flush or error
  std::string data;
  bool operator==(const Event&) const = default;
};

/// An event as it goes over the wire.
std::string wire_text(const Event& event);

/// Tells by comparing snapshots what has happened since the last one. Pure: time is passed in. One thread.
class EventDiffer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What is new in `report`. Movement of rows and positions is told at most every half second a pipeline.
  std::vector<Event> next(const DaemonReport& report, Time now);

  /// What somebody who starts to listen now must know: the state of every pipeline, and its error.
  static std::vector<Event> opening(const DaemonReport& report);

 private:
  struct Seen {
    PipelineReport report;
    PipelineReport progress;  ///< as of the last progress event
    Time progress_at{};
  };
  void compare(Seen& seen, const PipelineReport& now_is, Time now, std::vector<Event>& events);

  std::map<std::string, Seen> seen_;
};

}  // namespace sluice::daemon
