#include "tests/applier/differential/sample.h"

#include <algorithm>

namespace sluice::differential {

const Table& Sample::table(const std::string& name) const {
  return *std::find_if(tables_.begin(), tables_.end(), [&](const auto& each) { return each.name == name; });
}

const Column& Sample::unique_column(const Table& table) {
  std::vector<const Column*> candidates;
  for (const auto& column : table.columns) {
    if (column.unique || column.in_key) candidates.push_back(&column);
  }
  return *dice_.one_of(candidates);
}

std::vector<Row> Sample::rows(const Table& table, const std::string& condition) {
  return read_rows(database_, table, condition);
}

std::optional<Row> Sample::any_row(const Table& table) {
  const auto all = rows(table);
  if (all.empty()) return std::nullopt;
  return dice_.one_of(all);
}

std::vector<Row> Sample::some_rows(const Table& table, int most) {
  auto all = rows(table);
  std::vector<Row> some;
  for (; most > 0 && !all.empty(); --most) {
    const auto place = all.begin() + dice_.pick(static_cast<int>(all.size()));
    some.push_back(*place);
    all.erase(place);
  }
  return some;
}

Row Sample::random_row(const Table& table) {
  Row row;
  for (const auto& column : table.columns) row[column.name] = random_value(column);
  for (const auto& reference : table.references) {
    const auto parent = dice_.percent(85) ? any_row(this->table(reference.parent)) : std::nullopt;
    for (const auto& [child, column] : reference.columns) {
      if (parent && row[child] != "NULL") row[child] = parent->at(column);
    }
  }
  return row;
}

std::string Sample::random_value(const Column& column) {
  if (!column.required && !column.in_key && dice_.percent(15)) return "NULL";
  if (column.text) return std::string("'") + "abcdefAB"[dice_.pick(8)] + "'";
  return std::to_string(1 + dice_.pick(8));
}

std::string Sample::free_value(const Column& column) {
  const std::string number = std::to_string(free_++);
  return column.text ? "'" + number + "'" : number;
}

}  // namespace sluice::differential
