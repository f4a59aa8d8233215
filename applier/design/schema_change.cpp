#include "applier/design/schema_change.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "applier/values/table_rule.h"

namespace sluice::applier {
namespace {

using capture::SourceColumn;
using Columns = std::vector<SourceColumn>;
using Change = ColumnChange::Kind;

constexpr std::size_t kWordsOfTable = 2;
constexpr std::size_t kWordsOfColumn = 3;

const SourceColumn* find(const Columns& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const SourceColumn& each) { return same_name(each.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

const std::string& text_of(const capture::Value& word) {
  if (const auto* text = std::get_if<capture::Text>(&word)) return text->bytes;
  throw std::invalid_argument("not a remembered table");
}

std::int64_t number_of(const capture::Value& word) {
  if (const auto* number = std::get_if<std::int64_t>(&word)) return *number;
  throw std::invalid_argument("not a remembered table");
}

/// The column of `after` that stands right behind the one named `previous`; the first without a name.
const SourceColumn* column_behind(const Columns& after, const std::string& previous) {
  auto place = after.begin();
  if (!previous.empty()) {
    place = std::find_if(after.begin(), after.end(),
                         [&](const SourceColumn& each) { return same_name(each.name, previous); });
    ++place;
  }
  return place == after.end() ? nullptr : &*place;
}

/// What each column is called now; nothing for one that is gone.
std::vector<const SourceColumn*> successors(const Columns& before, const Columns& after) {
  std::vector<const SourceColumn*> now;
  std::string previous;
  for (const auto& column : before) {
    const SourceColumn* successor = find(after, column.name);
    if (successor == nullptr) {
      const SourceColumn* candidate = column_behind(after, previous);
      const bool renamed = candidate != nullptr && find(before, candidate->name) == nullptr &&
                           candidate->declared_type == column.declared_type;
      if (renamed) successor = candidate;
    }
    now.push_back(successor);
    if (successor != nullptr) previous = successor->name;
  }
  return now;
}

void add_alterations(const SourceColumn& before, const SourceColumn& after,
                     std::vector<ColumnChange>& changes) {
  if (before.declared_type != after.declared_type)
    changes.push_back({Change::retyped, before.name, after.name});
  if (before.not_null && !after.not_null) changes.push_back({Change::made_nullable, before.name, after.name});
  if (!before.not_null && after.not_null) changes.push_back({Change::made_required, before.name, after.name});
}

}  // namespace

std::string to_string(const RememberedTable& table) {
  capture::Key words{table.id, capture::Text{table.rule}};
  for (const auto& column : table.columns) {
    words.emplace_back(capture::Text{column.name});
    words.emplace_back(capture::Text{column.declared_type});
    words.emplace_back(std::int64_t{column.not_null});
  }
  return capture::encode(words);
}

std::optional<RememberedTable> read_remembered(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto words = capture::decode_key(text);
  if (words.size() < kWordsOfTable || (words.size() - kWordsOfTable) % kWordsOfColumn != 0)
    throw std::invalid_argument("not a remembered table");
  RememberedTable table{number_of(words[0]), text_of(words[1]), {}};
  for (std::size_t i = kWordsOfTable; i < words.size(); i += kWordsOfColumn)
    table.columns.push_back({text_of(words[i]), text_of(words[i + 1]), number_of(words[i + 2]) != 0});
  return table;
}

std::vector<ColumnChange> column_changes(const Columns& before, const Columns& after) {
  const auto now = successors(before, after);
  std::vector<ColumnChange> changes;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (now[i] == nullptr) changes.push_back({Change::dropped, before[i].name, ""});
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (now[i] != nullptr && !same_name(before[i].name, now[i]->name))
      changes.push_back({Change::renamed, before[i].name, now[i]->name});
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (now[i] != nullptr) add_alterations(before[i], *now[i], changes);
  }
  for (const auto& column : after) {
    if (std::find(now.begin(), now.end(), &column) == now.end())
      changes.push_back({Change::added, "", column.name});
  }
  return changes;
}

bool same_columns(const Columns& one, const Columns& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const SourceColumn& left, const SourceColumn& right) {
                      return same_name(left.name, right.name) && left.declared_type == right.declared_type;
                    });
}

}  // namespace sluice::applier
