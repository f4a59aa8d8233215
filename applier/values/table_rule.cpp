#include "applier/values/table_rule.h"

#include <algorithm>

namespace sluice::applier {

bool BySqliteName::operator()(std::string_view one, std::string_view other) const {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::lexicographical_compare(one, other, {}, lower, lower);
}

bool same_name(std::string_view one, std::string_view other) {
  const BySqliteName before;
  return !before(one, other) && !before(other, one);
}

const TableRule& rule_of(const TableRules& rules, std::string_view table) {
  static const TableRule none;
  const auto found = rules.find(table);
  return found == rules.end() ? none : found->second;
}

}  // namespace sluice::applier
