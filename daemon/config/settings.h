#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/given.h"

/// The table of settings: what can be configured, and all that is known about it. Reading the file,
/// `sluicectl config` and the README's table come from it.
namespace sluice::daemon {

/// What people are told about a setting.
struct SettingInfo {
  std::string key;  ///< "source.busy_timeout": the way to it from the pipeline, or from the file's top
  std::string default_text;  ///< as YAML; empty for a required one
  std::string kind;          ///< "duration", "continuous or manual", ...
  std::string meaning;       ///< one line
  Shape shape = Shape::scalar;
  bool required = false;
  bool reloadable = false;  ///< does `reload` apply a new value, or does it need a restart?
  bool supported = true;    ///< false: known, but only the default is accepted by this version
};

/// A setting of `Owner`: of a PipelineConfig, of one of its tables, or of the Config itself.
template <typename Owner>
struct Setting : SettingInfo {
  std::function<void(Owner&, const Given&)> set;  ///< throws ValueError
  std::function<std::string(const Owner&)> get;   ///< as YAML, without passwords
  std::function<bool(const Owner&, const Owner&)> equal;
};

const std::vector<Setting<PipelineConfig>>& pipeline_settings();
const std::vector<Setting<Config>>& daemon_settings();
/// What can be said of one table, under `tables.rules.NAME`.
const std::vector<Setting<applier::TableRule>>& rule_settings();

/// Every key with its effective value and its meaning, as a configuration file that says the same: passwords
/// are left out. A value that is not the default is marked by that default, `[5s]`. As JSON: {"pipelines":
/// {name: {key: {"value", "default", "reloadable"}}}, "settings": {key: ...}}.
std::string render_effective(const Config& config, bool json);

/// The table of the README, in Markdown.
std::string settings_markdown();

/// The settings in which `new_config` differs and which a reload can't apply, e.g. "control.group".
std::vector<std::string> needs_restart(const Config& old_config, const Config& new_config);

}  // namespace sluice::daemon
