#include "daemon/sync/source_place.h"

#include <filesystem>
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
  for (const auto& [table, rule] : config.tables.rules) {
    options.choices[table] = {rule.columns.names, rule.columns.except, rule.where};
  }
  options.capacity = config.changelog_capacity;
  return options;
}

std::vector<std::string> idle_rules(const PipelineConfig& config, const capture::Catalog& catalog) {
  applier::TableRules idle = config.tables.rules;
  for (const auto& table : catalog.tables) idle.erase(table.name);
  std::vector<std::string> names;
  for (const auto& [name, rule] : idle) names.push_back(name);
  return names;
}

std::vector<NotCaptured> not_captured(const capture::Catalog& catalog) {
  std::vector<NotCaptured> told;
  for (const auto& each : catalog.not_captured) told.push_back({each.name, each.reason});
  return told;
}

std::string machine_id(const PipelineConfig& config) {
  if (!config.source.host.empty()) return config.source.host;
  std::ifstream file("/etc/machine-id");
  std::string id;
  std::getline(file, id);
  return id.empty() ? "unknown" : id;
}

bool is_at(const PipelineConfig& config, const applier::SourceIdentity& known) {
  if (machine_id(config) != known.host) return false;
  std::error_code not_there;
  return config.source.path == known.path ||
         std::filesystem::equivalent(config.source.path, known.path, not_there);
}

}  // namespace sluice::daemon
