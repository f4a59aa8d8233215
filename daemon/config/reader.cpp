#include "daemon/config/reader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "daemon/base/nearest.h"
#include "daemon/config/paths.h"
#include "daemon/config/settings.h"
#include "daemon/config/value_text.h"

namespace sluice::daemon {

namespace {

constexpr std::size_t kLongestName = 48;  // it becomes part of application_name, which holds 63 bytes

std::string described(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return quoted_for_message(node.Scalar());
  return "nothing (a text such as ~ or null is written in quotes)";
}

/// Calls `visit(name, key node, value node)` for each entry. A missing map is an empty one: its keys may all
/// be commented out. YAML's maps may repeat a key as far as the parser goes; ours may not.
void for_each_entry(
    const ConfigReader& reader, const YAML::Node& map, const std::string& where,
    const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& visit) {
  if (map.IsNull()) return;
  if (!map.IsMap()) reader.fail(map.Mark(), where + ": expected a map of keys, got " + described(map));
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) {
      reader.fail(entry.first.Mark(), where + ": expected a key, got " + described(entry.first));
    }
    const std::string& name = entry.first.Scalar();
    if (!seen.insert(name).second) {
      reader.fail(entry.first.Mark(), "key " + quoted_for_message(name) + " is given twice in " + where);
    }
    visit(name, entry.first, entry.second);
  }
}

/// The names that may stand at one level of the table: the parts of its keys right behind `prefix`.
template <typename Owner>
std::vector<std::string> names_under(const std::string& prefix, const std::vector<Setting<Owner>>& table) {
  std::vector<std::string> names;
  for (const auto& setting : table) {
    if (!setting.key.starts_with(prefix)) continue;
    const std::string name =
        setting.key.substr(prefix.size(), setting.key.find('.', prefix.size()) - prefix.size());
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

/// Reads a map of settings and the maps within it into their owner.
template <typename Owner>
class SectionReader {
 public:
  SectionReader(const ConfigReader& reader, const std::vector<Setting<Owner>>& table, Owner& owner,
                std::string place, std::filesystem::path folder)
      : reader_(reader), table_(table), owner_(owner), place_(std::move(place)), folder_(std::move(folder)) {}

  void read(const YAML::Node& map, const std::string& prefix) {
    for_each_entry(reader_, map, section(prefix), [&](const auto& name, const auto& key, const auto& value) {
      read_entry(prefix + name, key, value, prefix);
    });
  }

  void read_entry(const std::string& full, const YAML::Node& key, const YAML::Node& value,
                  const std::string& prefix) {
    if (const auto other = others_.find(full); other != others_.end()) return other->second(value);
    const auto setting = std::ranges::find(table_, full, &SettingInfo::key);
    if (setting != table_.end()) return read_value(*setting, value);
    if (full.find('.', prefix.size()) == std::string::npos && !names_under(full + '.', table_).empty()) {
      return read(value, full + '.');
    }
    unknown(key, prefix, names_under(prefix, table_));
  }

  /// Has a setting read by somebody else, who knows what is in it.
  void read_otherwise(const std::string& setting, std::function<void(const YAML::Node&)> read) {
    others_[setting] = std::move(read);
  }

  [[noreturn]] void unknown(const YAML::Node& key, const std::string& prefix,
                            const std::vector<std::string>& known) const {
    const std::string& name = key.Scalar();
    reader_.fail(key.Mark(), "unknown key " + quoted_for_message(name) + " in " + section(prefix) + "; " +
                                 nearest_hint(name, known));
  }

  /// Where each setting was given, for what is wrong with two of them together.
  const std::map<std::string, YAML::Mark>& given() const { return given_; }

 private:
  void read_value(const Setting<Owner>& setting, const YAML::Node& value) {
    const std::string what = '\'' + setting.key + "' in " + place_ + ": ";
    given_.insert({setting.key, value.Mark()});
    try {
      const Given found = given(setting, value);
      refuse_nul(found.items);
      refuse_nul(found.values);
      setting.set(owner_, found);
    } catch (const ValueError& error) {
      reader_.fail(value.Mark(), what + error.what());
    }
  }

  /// Neither Postgres nor the file system can hold one: what stands before it would be taken for the whole.
  static void refuse_nul(const std::vector<std::string>& texts) {
    for (const std::string& text : texts)
      if (text.find('\0') != std::string::npos)
        throw ValueError("expected a text without NUL characters, got " + quoted_for_message(text));
  }

  Given given(const Setting<Owner>& setting, const YAML::Node& value) const {
    switch (setting.shape) {
      case Shape::list:
        return {list_items(value), folder_};
      case Shape::list_or_except:
        return list_or_except(value);
      case Shape::map:
        return map_items(value);
      default:
        break;
    }
    if (!value.IsScalar())
      throw ValueError("expected a value (" + setting.kind + "), got " + described(value));
    return {{value.Scalar()}, folder_};
  }

  static std::vector<std::string> list_items(const YAML::Node& value) {
    if (value.IsNull()) return {};
    if (!value.IsSequence()) throw ValueError("expected a list such as [one, two], got " + described(value));
    std::vector<std::string> items;
    for (const YAML::Node& item : value) {
      if (!item.IsScalar()) throw ValueError("expected a list of texts, got one with " + described(item));
      items.push_back(item.Scalar());
    }
    return items;
  }

  Given list_or_except(const YAML::Node& value) const {
    if (!value.IsMap()) return {list_items(value), folder_};
    if (value.size() != 1 || !value["except"]) {
      throw ValueError("expected a list such as [one, two] or {except: [three]}, got another map");
    }
    return {list_items(value["except"]), folder_, {}, true};
  }

  Given map_items(const YAML::Node& value) const {
    Given given{{}, folder_};
    if (value.IsNull()) return given;
    if (!value.IsMap()) throw ValueError("expected a map such as {one: two}, got " + described(value));
    for (const auto& entry : value) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
        throw ValueError("expected a map of texts, got one with " +
                         described(entry.first.IsScalar() ? entry.second : entry.first));
      }
      given.items.push_back(entry.first.Scalar());
      given.values.push_back(entry.second.Scalar());
    }
    return given;
  }

  std::string section(const std::string& prefix) const {
    if (prefix.empty()) return place_;
    return '\'' + prefix.substr(0, prefix.size() - 1) + "' of " + place_;
  }

  const ConfigReader& reader_;
  const std::vector<Setting<Owner>>& table_;
  Owner& owner_;
  std::string place_;
  std::filesystem::path folder_;
  std::map<std::string, YAML::Mark> given_;
  std::map<std::string, std::function<void(const YAML::Node&)>> others_;
};

bool is_pipeline_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, allowed);
}

bool same_tables(TablesConfig one, TablesConfig other) {
  one.rules.clear();
  other.rules.clear();
  return one == other;
}

}  // namespace

void ConfigReader::fail(const YAML::Mark& at, const std::string& message) const {
  // A missing value has no place of its own.
  const int line = std::max(at.line, 0) + 1;
  const int column = std::max(at.column, 0) + 1;
  throw ConfigError(config_.file.string() + ':' + std::to_string(line) + ':' + std::to_string(column) + ": " +
                    message);
}

Config ConfigReader::read(const YAML::Node& document) {
  SectionReader<Config> section(*this, daemon_settings(), config_, "the file", config_.file.parent_path());
  for_each_entry(*this, document, "the file", [&](const auto& name, const auto& key, const auto& value) {
    if (name == "pipelines") return read_pipelines(value, key.Mark());
    std::vector<std::string> known = names_under("", daemon_settings());
    known.insert(known.begin(), "pipelines");
    if (std::ranges::find(known, name) == known.end()) section.unknown(key, "", known);
    section.read_entry(name, key, value, "");
  });
  if (config_.pipelines.empty()) {
    fail(document.Mark(), "no pipeline; add 'pipelines:' with one that has source.path and target.url");
  }
  return std::move(config_);
}

void ConfigReader::read_pipelines(const YAML::Node& node, const YAML::Mark& at) {
  for_each_entry(*this, node, "'pipelines'", [&](const auto& name, const auto& key, const auto& value) {
    if (!is_pipeline_name(name)) {
      fail(key.Mark(),
           "bad pipeline name " + quoted_for_message(name) + "; use 1 to 48 letters, digits, - and _");
    }
    read_pipeline(name, value, key.Mark());
  });
  if (config_.pipelines.empty()) {
    fail(at, "'pipelines' is empty; add a pipeline with source.path and target.url");
  }
}

void ConfigReader::read_pipeline(const std::string& name, const YAML::Node& node, const YAML::Mark& at) {
  PipelineConfig pipeline;
  pipeline.name = name;
  const std::string place = "pipeline '" + name + '\'';
  SectionReader<PipelineConfig> section(*this, pipeline_settings(), pipeline, place,
                                        config_.file.parent_path());
  section.read_otherwise("tables.rules",
                         [&](const YAML::Node& rules) { pipeline.tables.rules = read_rules(rules, place); });
  section.read(node, "");
  for (const auto& setting : pipeline_settings()) {
    if (setting.required && !section.given().contains(setting.key)) {
      fail(at, place + " has no '" + setting.key + "'; add " + setting.meaning);
    }
  }
  if (pipeline.retry.max < pipeline.retry.initial) {
    const auto& given = section.given();
    fail(given.contains("retry.max") ? given.at("retry.max") : given.at("retry.initial"),
         "'retry.max' in " + place + " is shorter than 'retry.initial'; make it at least as long");
  }
  if (!pipeline.tables.by_rowid.empty() && pipeline.target.existing_rows == applier::ExistingRows::merge) {
    fail(section.given().at("tables.by_rowid"), "'tables.by_rowid' in " + place +
                                                    " does not go with target.existing_rows: merge, because "
                                                    "a rowid says nothing of rows that were there "
                                                    "before; take refuse or replace");
  }
  for (const PipelineConfig& other : config_.pipelines) check_pair(other, pipeline, at);
  config_.pipelines.push_back(std::move(pipeline));
}

applier::TableRules ConfigReader::read_rules(const YAML::Node& node, const std::string& pipeline) const {
  applier::TableRules rules;
  const std::string where = "'tables.rules' of " + pipeline;
  for_each_entry(*this, node, where, [&](const auto& name, const auto& key, const auto& value) {
    const auto [rule, fresh] = rules.try_emplace(name);
    if (!fresh) fail(key.Mark(), "table " + quoted_for_message(name) + " is given twice in " + where);
    SectionReader<applier::TableRule> section(*this, rule_settings(), rule->second,
                                              "'tables.rules." + name + "' of " + pipeline,
                                              config_.file.parent_path());
    section.read(value, "");
  });
  return rules;
}

void ConfigReader::check_pair(const PipelineConfig& one, const PipelineConfig& other,
                              const YAML::Mark& at) const {
  if (!same_file(one.source.path, other.source.path)) return;
  const std::string both = "pipelines '" + one.name + "' and '" + other.name + "' have the same source";
  if (one.target.url == other.target.url && one.target.schema == other.target.schema) {
    fail(at, both + " and the same target; remove one, or give one another target.schema");
  }
  // There is one changelog in a file, with one set of triggers.
  if (!same_tables(one.tables, other.tables) || one.changelog_capacity != other.changelog_capacity) {
    fail(at, both + ": give both the same 'tables' and the same 'changelog.capacity'");
  }
}

}  // namespace sluice::daemon
