#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <memory>
#include <string>

#include "daemon/report/status.h"

namespace sluice::daemon {

/// How long flushes took, as a histogram that grows for as long as the daemon runs. Control thread only.
class FlushDurations {
 public:
  FlushDurations();
  void observe(const std::string& pipeline, std::chrono::duration<double> elapsed);
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Histogram>& family_;
};

/// The text of GET /metrics. Pipeline is the only label that names something of the user's.
std::string render_metrics(const DaemonReport& report, const FlushDurations& durations);

}  // namespace sluice::daemon
