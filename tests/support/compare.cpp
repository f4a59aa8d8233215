#include "tests/support/compare.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <pqxx/pqxx>
#include <regex>

namespace sluice::support {

namespace {

/// Rows as text by the text of their key; several rows of one key stay several.
using Table = std::multimap<std::vector<std::string>, std::vector<std::string>>;

constexpr pqxx::oid kBool = 16;
constexpr pqxx::oid kBytea = 17;
constexpr std::size_t kMostDifferences = 20;

std::string quoted(const std::string& name) {
  std::string result = "\"";
  for (const char c : name) {
    result += c == '"' ? "\"\"" : std::string(1, c);
  }
  return result + '"';
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) {
    result += result.empty() ? word : ", " + word;
  }
  return result;
}

std::vector<std::string> columns_of(SqliteFile& source, const std::string& table) {
  SQLite::Statement statement(source.database(), "SELECT * FROM " + quoted(table));
  std::vector<std::string> names;
  for (int index = 0; index < statement.getColumnCount(); ++index) {
    names.emplace_back(statement.getColumnName(index));
  }
  return names;
}

std::vector<std::string> key_of(const std::vector<std::string>& row, const std::vector<std::size_t>& key) {
  std::vector<std::string> values;
  for (const std::size_t index : key) {
    values.push_back(row[index]);
  }
  return values;
}

Table read_source(SqliteFile& source, const std::string& table, const std::vector<std::size_t>& key) {
  Table rows;
  SQLite::Statement statement(source.database(), "SELECT * FROM " + quoted(table));
  while (statement.executeStep()) {
    std::vector<std::string> row;
    for (int index = 0; index < statement.getColumnCount(); ++index) {
      row.push_back(to_text(statement.getColumn(index)));
    }
    rows.emplace(key_of(row, key), row);
  }
  return rows;
}

std::string target_text(const pqxx::field& field) {
  if (field.is_null()) {
    return "NULL";
  }
  const std::string text = field.c_str();
  if (field.type() == kBool) {
    return text == "t" ? "1" : "0";
  }
  return field.type() == kBytea ? "x'" + text.substr(2) + "'" : text;
}

Table read_target(const std::string& url, const std::string& table, const std::vector<std::string>& columns,
                  const std::vector<std::size_t>& key) {
  pqxx::connection connection(url);
  pqxx::work work(connection);
  work.exec("SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1");
  std::vector<std::string> names;
  std::transform(columns.begin(), columns.end(), std::back_inserter(names), quoted);
  Table rows;
  for (const auto& record : work.exec("SELECT " + joined(names) + " FROM " + table)) {
    std::vector<std::string> row;
    for (const auto& field : record) {
      row.push_back(target_text(field));
    }
    rows.emplace(key_of(row, key), row);
  }
  return rows;
}

/// A time of day, with a date before it or not, as SQLite's users write it; the server drops what says
/// nothing.
std::string without_idle_digits(const std::string& text) {
  static const std::regex time(R"(((\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d)(\.\d*?)0*)");
  std::smatch parts;
  if (!std::regex_match(text, parts, time)) return text;
  return parts[1].str() + (parts[3] == "." ? "" : parts[3].str());
}

/// Equal as text, or both numbers of one value, such as 1.5 and 1.50.
bool same_value(const std::string& left, const std::string& right) {
  if (left == right || without_idle_digits(left) == without_idle_digits(right)) {
    return true;
  }
  char* left_end = nullptr;
  char* right_end = nullptr;
  const double left_number = std::strtod(left.c_str(), &left_end);
  const double right_number = std::strtod(right.c_str(), &right_end);
  const bool numbers = !left.empty() && !right.empty() && *left_end == '\0' && *right_end == '\0';
  // Two integers that differ as text differ, even where a double cannot tell them apart.
  const bool integers = (left + right).find_first_not_of("-0123456789") == std::string::npos;
  return numbers && !integers && left_number == right_number;
}

std::vector<std::string> row_differences(const std::vector<std::string>& columns,
                                         const std::vector<std::string>& source,
                                         const std::vector<std::string>& target) {
  std::vector<std::string> found;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (!same_value(source[index], target[index])) {
      found.push_back(columns[index] + " is [" + source[index] + "] in the source and [" + target[index] +
                      "] in the target");
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> differences(SqliteFile& source, const PostgresCluster& cluster,
                                     const std::string& database, const TablePair& tables) {
  const std::vector<std::string> columns = columns_of(source, tables.source);
  std::vector<std::size_t> key;
  for (const std::string& name : tables.key) {
    const auto place = std::find(columns.begin(), columns.end(), name);
    if (place == columns.end()) {
      throw std::invalid_argument("table " + tables.source + " has no column " + name);
    }
    key.push_back(static_cast<std::size_t>(place - columns.begin()));
  }
  const Table wanted = read_source(source, tables.source, key);
  Table there = read_target(cluster.url(database, PostgresCluster::kSuperuser),
                            tables.target.empty() ? quoted(tables.source) : tables.target, columns, key);

  std::vector<std::string> found;
  for (const auto& [values, row] : wanted) {
    const auto twin = there.find(values);
    const std::string name = tables.source + " (" + joined(values) + ")";
    if (twin == there.end()) {
      found.push_back(name + " is only in the source");
      continue;
    }
    for (const std::string& difference : row_differences(columns, row, twin->second)) {
      found.push_back(name + ": " + difference);
    }
    there.erase(twin);
  }
  for (const auto& [values, row] : there) {
    found.push_back(tables.source + " (" + joined(values) + ") is only in the target");
  }
  if (found.size() > kMostDifferences) {
    const std::size_t more = found.size() - kMostDifferences;
    found.resize(kMostDifferences);
    found.push_back("and " + std::to_string(more) + " more");
  }
  return found;
}

std::string listed_differences(SqliteFile& source, const PostgresCluster& cluster,
                               const std::string& database, const TablePair& tables) {
  std::string list;
  for (const auto& line : differences(source, cluster, database, tables)) list += line + '\n';
  return list;
}

}  // namespace sluice::support
