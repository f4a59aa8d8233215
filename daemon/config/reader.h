#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "daemon/config/config.h"

namespace sluice::daemon {

/// Reads one parsed document through the table of settings. Used once, from one thread.
class ConfigReader {
 public:
  /// `file` is absolute: it is named in errors, and its folder is where relative paths start.
  explicit ConfigReader(const std::filesystem::path& file) { config_.file = file; }

  /// The configuration that the document holds. Throws ConfigError.
  Config read(const YAML::Node& document);

  /// Throws the ConfigError of a place in the file.
  [[noreturn]] void fail(const YAML::Mark& at, const std::string& message) const;

 private:
  void read_pipelines(const YAML::Node& node, const YAML::Mark& at);
  void read_pipeline(const std::string& name, const YAML::Node& node, const YAML::Mark& at);
  applier::TableRules read_rules(const YAML::Node& node, const std::string& pipeline) const;
  void check_pair(const PipelineConfig& one, const PipelineConfig& other, const YAML::Mark& at) const;

  Config config_;
};

}  // namespace sluice::daemon
