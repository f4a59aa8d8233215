#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "daemon/config/rule_codec.h"
#include "daemon/config/settings.h"
#include "daemon/config/value_text.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

/// A line of the rendered file: what YAML reads, and the comment behind it.
struct Line {
  std::string yaml;
  std::string comment;
};

std::string joined(const std::vector<Line>& lines) {
  std::size_t width = 0;
  for (const Line& line : lines) {
    // A very long value, a URL most likely, does not push all the comments away.
    if (!line.comment.empty() && line.yaml.size() <= 60) width = std::max(width, line.yaml.size());
  }
  std::string text;
  for (const Line& line : lines) {
    text += line.yaml;
    if (!line.comment.empty()) {
      text.append(width > line.yaml.size() ? width - line.yaml.size() : 0, ' ');
      text += "  # " + line.comment;
    }
    text += '\n';
  }
  return text;
}

template <typename Owner>
std::string comment_on(const Setting<Owner>& setting, const std::string& value) {
  const bool changed = !setting.required && value != setting.default_text;
  return (changed ? '[' + setting.default_text + "] " : std::string()) + setting.meaning;
}

/// Adds the owner's settings, indented; the sections of the dotted keys become nested maps.
template <typename Owner>
void add_settings(std::vector<Line>& lines, const std::vector<Setting<Owner>>& table, const Owner& owner,
                  std::string indent) {
  std::string section;
  for (const auto& setting : table) {
    const auto dot = setting.key.find('.');
    const std::string parent = dot == std::string::npos ? "" : setting.key.substr(0, dot);
    if (!parent.empty() && parent != section) lines.push_back({indent + parent + ":", ""});
    section = parent;
    const std::string name = parent.empty() ? setting.key : "  " + setting.key.substr(dot + 1);
    const std::string value = setting.get(owner);
    lines.push_back({indent + name + ": " + value, comment_on(setting, value)});
  }
}

std::string as_yaml(const Config& config) {
  std::vector<Line> lines{
      {"# " + config.file.string() + " with everything it leaves out; [was] marks a changed default.", ""}};
  lines.push_back({"pipelines:", ""});
  for (const PipelineConfig& pipeline : config.pipelines) {
    lines.push_back({"  " + yaml_scalar(pipeline.name) + ":", ""});
    add_settings(lines, pipeline_settings(), pipeline, "    ");
  }
  add_settings(lines, daemon_settings(), config, "");
  return joined(lines);
}

template <typename Owner>
nlohmann::ordered_json as_object(const std::vector<Setting<Owner>>& table, const Owner& owner) {
  nlohmann::ordered_json object;
  for (const auto& setting : table) {
    nlohmann::ordered_json entry{{"value", setting.get(owner)}, {"reloadable", setting.reloadable}};
    entry["default"] =
        setting.required ? nlohmann::ordered_json() : nlohmann::ordered_json(setting.default_text);
    object[setting.key] = entry;
  }
  return object;
}

std::string as_json(const Config& config) {
  nlohmann::ordered_json document{{"file", config.file.string()}};
  for (const PipelineConfig& pipeline : config.pipelines) {
    document["pipelines"][pipeline.name] = as_object(pipeline_settings(), pipeline);
  }
  document["settings"] = as_object(daemon_settings(), config);
  return text::harmless_json(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) +
         '\n';
}

std::string markdown_row(const SettingInfo& setting) {
  const std::string fallback = setting.required ? "required" : '`' + setting.default_text + '`';
  const std::string applies = !setting.supported ? "not yet" : setting.reloadable ? "reload" : "restart";
  return "| `" + setting.key + "` | " + fallback + " | " + setting.kind + " | " + setting.meaning + " | " +
         applies + " |\n";
}

template <typename Owner>
std::string markdown_table(const std::string& first_head, const std::vector<Setting<Owner>>& table) {
  std::string text =
      "| " + first_head + " | default | value | meaning | applied by |\n|---|---|---|---|---|\n";
  for (const auto& setting : table) text += markdown_row(setting);
  return text;
}

/// What a rule changes, on one line.
std::string print_rule(const applier::TableRule& rule) {
  std::string text;
  for (const auto& setting : rule_settings()) {
    const std::string value = setting.get(rule);
    if (value == setting.default_text) continue;
    text += (text.empty() ? "" : ", ") + setting.key + ": " + value;
  }
  return '{' + text + '}';
}

}  // namespace

std::string print_rules(const applier::TableRules& rules) {
  std::string text;
  for (const auto& [table, rule] : rules) {
    const std::string name = yaml_list({table});  // as it has to be written inside braces
    text += (text.empty() ? "" : ", ") + name.substr(1, name.size() - 2) + ": " + print_rule(rule);
  }
  return '{' + text + '}';
}

std::string render_effective(const Config& config, bool json) {
  return json ? as_json(config) : as_yaml(config);
}

std::string settings_markdown() {
  return markdown_table("key, under a pipeline", pipeline_settings()) + '\n' +
         markdown_table("key, under `tables.rules.NAME`", rule_settings()) + '\n' +
         markdown_table("key, beside `pipelines`", daemon_settings());
}

std::vector<std::string> needs_restart(const Config& old_config, const Config& new_config) {
  // Pipelines come, go and start anew by a reload.
  std::vector<std::string> keys;
  for (const auto& setting : daemon_settings()) {
    if (!setting.reloadable && !setting.equal(old_config, new_config)) keys.push_back(setting.key);
  }
  return keys;
}

}  // namespace sluice::daemon
