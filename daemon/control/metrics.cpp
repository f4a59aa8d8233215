#include "daemon/control/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

namespace sluice::daemon {

namespace {

const prometheus::Histogram::BucketBoundaries kFlushSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                            1,     2.5,  5,     10,   30,  60,   300};

/// One snapshot's gauges, under their names.
class Page {
 public:
  void gauge(const char* name, const char* help, const prometheus::Labels& labels, double value) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }
  void counter(const char* name, const char* help, const prometheus::Labels& labels, double value) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels).Increment(value);
  }
  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  // The same name is registered once a pipeline: Merge makes one family of them.
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

void add_states(Page& page, const PipelineReport& pipeline) {
  for (int index = 0; index <= static_cast<int>(State::stopped); ++index) {
    const auto state = static_cast<State>(index);
    page.gauge("sluice_pipeline_state", "1 for the state the pipeline is in, 0 for every other.",
               {{"pipeline", pipeline.name}, {"state", to_string(state)}}, pipeline.state == state ? 1 : 0);
  }
}

void add_pipeline(Page& page, const PipelineReport& pipeline) {
  const prometheus::Labels labels{{"pipeline", pipeline.name}};
  page.counter("sluice_applied_changes_total",
               "Changes that Postgres has committed since the daemon started.", labels,
               static_cast<double>(pipeline.changes_applied));
  page.gauge("sluice_pending_changes", "Changes captured but not yet in Postgres.", labels,
             static_cast<double>(pipeline.pending));
  page.gauge("sluice_lag_seconds", "Seconds since Postgres was last known equal; 0 with nothing pending.",
             labels, pipeline.behind_s);
  page.gauge("sluice_quarantined_rows", "Rows that Postgres refused, in quarantine.", labels,
             static_cast<double>(pipeline.quarantined));
  if (pipeline.last_commit_at)
    page.gauge("sluice_last_commit_timestamp_seconds", "When Postgres last committed a batch.", labels,
               std::chrono::duration<double>(pipeline.last_commit_at->time_since_epoch()).count());
  add_states(page, pipeline);
}

}  // namespace

FlushDurations::FlushDurations()
    : family_(prometheus::BuildHistogram()
                  .Name("sluice_flush_duration_seconds")
                  .Help("Time from a flush request to Postgres's commit.")
                  .Register(registry_)) {
}

void FlushDurations::observe(const std::string& pipeline, std::chrono::duration<double> elapsed) {
  family_.Add({{"pipeline", pipeline}}, kFlushSeconds).Observe(elapsed.count());
}

std::vector<prometheus::MetricFamily> FlushDurations::collect() const {
  return registry_.Collect();
}

std::string render_metrics(const DaemonReport& report, const FlushDurations& durations) {
  Page page;
  page.gauge("sluice_build_info", "Always 1; the version is in the label.", {{"version", report.version}}, 1);
  for (const PipelineReport& pipeline : report.pipelines) add_pipeline(page, pipeline);
  std::vector<prometheus::MetricFamily> families = page.collect();
  for (prometheus::MetricFamily& family : durations.collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sluice::daemon
