#include "applier/server/target_table.h"

#include <algorithm>

#include "applier/values/identifiers.h"

namespace sluice::applier {

std::vector<std::string> TargetTable::key_names() const {
  std::vector<std::string> names;
  for (const std::size_t i : key) names.push_back(columns[i].name);
  return names;
}

bool TargetTable::writes(const std::string& column) const {
  return std::any_of(columns.begin(), columns.end(), [&](const auto& each) { return each.name == column; });
}

bool TargetTable::has_in_key(const std::string& column) const {
  return std::any_of(key.begin(), key.end(), [&](std::size_t i) { return columns[i].name == column; });
}

std::vector<std::string> TargetTable::column_names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::string grant_sql(const TargetTable& table, const std::string& role) {
  return "GRANT SELECT, INSERT, UPDATE, DELETE ON " + table.name + " TO " + role + ";";
}

std::vector<TargetTable> parents_first(std::vector<TargetTable> tables) {
  std::map<unsigned, std::size_t> by_oid;
  for (std::size_t i = 0; i < tables.size(); ++i) by_oid[tables[i].oid] = i;

  std::vector<TargetTable> ordered;
  std::set<std::size_t> seen;
  const auto visit = [&](auto& self, std::size_t i) -> void {
    if (!seen.insert(i).second) return;
    for (const unsigned parent : tables[i].parents) {
      if (const auto found = by_oid.find(parent); found != by_oid.end()) self(self, found->second);
    }
    ordered.push_back(tables[i]);
  };
  for (std::size_t i = 0; i < tables.size(); ++i) visit(visit, i);
  return ordered;
}

}  // namespace sluice::applier
