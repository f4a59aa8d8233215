#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "applier/values/options.h"
#include "daemon/base/log_config.h"

/// The configuration file as typed values. Plain data.
namespace sluice::daemon {

using Milliseconds = std::chrono::milliseconds;

enum class Mode { continuous, manual };
enum class OnError { halt, quarantine };
enum class SchemaChanges { additive, mirror, halt };
struct SourceConfig {
  std::filesystem::path path;  ///< absolute, ~ expanded
  Milliseconds busy_timeout{5000};
  Milliseconds poll_interval{1000};
  bool allow_remote_fs = false;
  std::string host;  ///< empty: the machine id

  bool operator==(const SourceConfig&) const = default;
};

struct TargetConfig {
  std::string url;
  std::string schema = "public";
  std::string state_schema = "sluice";
  bool create_tables = true;
  applier::Identifiers identifiers = applier::Identifiers::preserve;
  applier::ExistingRows existing_rows = applier::ExistingRows::refuse;
  std::filesystem::path password_file;

  bool operator==(const TargetConfig&) const = default;
};

struct TablesConfig {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::string> by_rowid;
  applier::TableRules rules;

  bool operator==(const TablesConfig&) const = default;
};

struct TextConfig {
  applier::TextPolicy nul = applier::TextPolicy::error;
  applier::TextPolicy invalid_utf8 = applier::TextPolicy::error;

  bool operator==(const TextConfig&) const = default;
};

struct ApplyConfig {
  std::int64_t max_batch_changes = 1'000'000;
  std::int64_t max_batch_bytes = 256LL << 20;
  Milliseconds max_delay{0};

  bool operator==(const ApplyConfig&) const = default;
};

struct RetryConfig {
  Milliseconds initial{1000};
  Milliseconds max{60'000};
  Milliseconds halted_interval{60'000};

  bool operator==(const RetryConfig&) const = default;
};

struct PipelineConfig {
  std::string name;
  Mode mode = Mode::continuous;
  OnError on_error = OnError::halt;
  SchemaChanges schema_changes = SchemaChanges::additive;
  SourceConfig source;
  TargetConfig target;
  TablesConfig tables;
  TextConfig text;
  ApplyConfig apply;
  std::int64_t changelog_capacity = 1'000'000;
  RetryConfig retry;

  bool operator==(const PipelineConfig&) const = default;
};

struct ControlConfig {
  std::filesystem::path socket;  ///< empty: found by socket_path()
  std::string group;
};

struct Config {
  std::filesystem::path file;
  std::vector<PipelineConfig> pipelines;  ///< in the order of the file; at least one
  ControlConfig control;
  LogConfig log;
};

/// What is wrong with the configuration, ready to print: "FILE:LINE:COLUMN: what; remedy".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice::daemon
