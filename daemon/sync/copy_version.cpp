#include "daemon/sync/copy_version.h"

#include "daemon/base/short_hash.h"

namespace sluice::daemon {
namespace {

/// The text up to the mark, which is taken off with it.
std::string take(std::string& text, char mark) {
  const auto end = text.find(mark);
  std::string part = text.substr(0, end);
  text = end == std::string::npos ? "" : text.substr(end + 1);
  return part;
}

/// Where a text ends is part of what is told apart.
void add(std::string& all, const std::string& text) {
  all += std::to_string(text.size()) + ':' + text;
}

std::string wishes(const applier::TableRule& rule) {
  std::string all = rule.columns.except ? "-" : "+";
  for (const auto& column : rule.columns.names) add(all, column);
  for (const auto& map : {rule.rename, rule.types}) {
    all += ';';
    for (const auto& [column, word] : map) {
      add(all, column);
      add(all, word);
    }
  }
  add(all, rule.where);
  return all;
}

}  // namespace

CopyVersion version_of(const applier::TargetTable& table, const applier::TableRule& rule) {
  return {table.source.version, std::to_string(table.oid), short_hash(table.name), rule_in_short(rule)};
}

std::string rule_in_short(const applier::TableRule& rule) {
  applier::TableRule unnamed = rule;
  unnamed.target.clear();  // told by the name
  return unnamed == applier::TableRule{} ? "" : short_hash(wishes(rule));
}

std::string to_string(const CopyVersion& version) {
  return version.source + "@" + version.target + "@" + version.name +
         (version.rule.empty() ? "" : "#" + version.rule);
}

CopyVersion read_copy_version(const std::string& text) {
  std::string rest = text;
  std::string known = take(rest, '#');
  CopyVersion version;
  version.rule = rest;
  version.source = take(known, '@');
  version.target = take(known, '@');
  version.name = known;
  return version;
}

bool another_rule_alone(const CopyVersion& before, const CopyVersion& now) {
  return before.source == now.source && before.target == now.target && before.rule != now.rule;
}

bool another_name(const CopyVersion& before, const CopyVersion& now) {
  return !before.name.empty() && before.name != now.name;
}

}  // namespace sluice::daemon
