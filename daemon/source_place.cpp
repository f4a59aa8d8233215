#include "daemon/source_place.h"

#include <fstream>

namespace sluice::daemon {

capture::SourceOptions source_options(const PipelineConfig& config) {
  capture::SourceOptions options;
  options.path = config.source.path.string();
  options.busy_timeout = config.source.busy_timeout;
  options.allow_remote_fs = config.source.allow_remote_fs;
  options.include = config.tables.include;
  options.exclude = config.tables.exclude;
  options.by_rowid = config.tables.by_rowid;
  options.capacity = config.changelog_capacity;
  return options;
}

std::string machine_id(const PipelineConfig& config) {
  if (!config.source.host.empty()) return config.source.host;
  std::ifstream file("/etc/machine-id");
  std::string id;
  std::getline(file, id);
  return id.empty() ? "unknown" : id;
}

}  // namespace sluice::daemon
