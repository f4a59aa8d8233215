#include "tests/e2e/apps/by_value.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <pqxx/pqxx>
#include <stdexcept>
#include <vector>

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

constexpr std::size_t kMostLines = 30;

struct Column {
  std::string name;
  std::string type;  ///< as Postgres calls it inside: numeric, timestamptz, _text, ...
};

/// Everything that a side holds of a table, a line a value: "songs (7).title = Blue".
using Values = std::set<std::string>;

bool is_document(const std::string& type) {
  return type == "json" || type == "jsonb" || type.starts_with("_");
}

std::string trimmed_decimal(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits == "-0" ? "0" : digits;
}

int minutes_of_zone(const std::string& zone) {
  if (zone.empty() || zone == "Z") return 0;
  int hours = 0;
  int minutes = 0;
  if (std::sscanf(zone.c_str() + 1, "%2d:%2d", &hours, &minutes) < 1)
    throw std::runtime_error("zone " + zone);
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/// "2024-03-01 12:00:00", "2024-03-01T12:00:00.250+02:00" and the like as microseconds since 1970.
std::string instant(const std::string& text) {
  using namespace std::chrono;
  int year_number = 0;
  unsigned month_number = 0;
  unsigned day_number = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int end = 0;
  const int parts = std::sscanf(text.c_str(), "%4d-%2u-%2u%*1[ T]%2d:%2d:%2d%n", &year_number, &month_number,
                                &day_number, &hour, &minute, &second, &end);
  if (parts != 6) throw std::runtime_error("no time: " + text);
  std::string fraction;
  auto rest = text.substr(static_cast<std::size_t>(end));
  if (rest.starts_with('.')) {
    const auto digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = rest.substr(1, digits - 1);
    rest = rest.substr(digits);
  }
  fraction.resize(6, '0');
  const sys_days date = year(year_number) / month(month_number) / day(day_number);
  const auto time = date + hours(hour) + minutes(minute - minutes_of_zone(rest)) + seconds(second);
  const auto whole = duration_cast<microseconds>(time.time_since_epoch());
  return std::to_string(whole.count() + std::stoll(fraction));
}

std::string source_value(const Column& column, const SQLite::Column& value) {
  if (value.isNull()) return "NULL";
  const std::string text = support::to_text(value);
  if (column.type == "numeric") return trimmed_decimal(text);
  if (column.type.starts_with("timestamp")) return instant(text);
  if (is_document(column.type)) return nlohmann::json::parse(text).dump();
  return text;
}

/// The SQL expression by which the server tells a column's value.
std::string target_expression(const Column& column) {
  const std::string name = '"' + column.name + '"';
  if (column.type == "numeric") return "trim_scale(" + name + ")";
  if (column.type.starts_with("timestamp")) return "(extract(epoch FROM " + name + ") * 1000000)::bigint";
  if (column.type == "bool") return name + "::int";
  if (column.type == "bytea") return "'x''' || encode(" + name + ", 'hex') || ''''";
  if (is_document(column.type)) return "to_json(" + name + ")";
  return name;
}

std::string target_value(const Column& column, const pqxx::field& value) {
  if (value.is_null()) return "NULL";
  const std::string text = value.c_str();
  return is_document(column.type) ? nlohmann::json::parse(text).dump() : text;
}

struct Table {
  std::string name;
  std::vector<Column> columns;
};

std::vector<Table> tables_of(pqxx::work& target, const std::set<std::string>& apart_from) {
  std::vector<Table> tables;
  for (const auto& row :
       target.exec("SELECT table_name, column_name, udt_name FROM information_schema.columns "
                   "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position")) {
    const std::string table = row[0].c_str();
    if (tables.empty() || tables.back().name != table) tables.push_back({table, {}});
    const Column column{row[1].c_str(), row[2].c_str()};
    if (!apart_from.contains(column.name)) tables.back().columns.push_back(column);
  }
  return tables;
}

std::set<std::string> key_of(SQLite::Database& source, const std::string& table) {
  std::set<std::string> key;
  SQLite::Statement rows(source, "SELECT name FROM pragma_table_info(?) WHERE pk > 0");
  rows.bind(1, table);
  while (rows.executeStep()) key.insert(rows.getColumn(0).getString());
  if (key.empty()) throw std::runtime_error("SQLite has no table " + table + " with a key");
  return key;
}

/// Adds the values of one row, given by `value_of(place)`.
template <typename ValueOf>
void add_row(Values& values, const Table& table, const std::set<std::string>& key, ValueOf value_of) {
  std::string name = table.name + " (";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (key.contains(table.columns[i].name)) name += (name.back() == '(' ? "" : ", ") + value_of(i);
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    values.insert(name + ")." + table.columns[i].name + " = " + value_of(i));
  }
}

std::string listed(const Table& table, std::string (*as_sql)(const Column&)) {
  std::string list;
  for (const auto& column : table.columns) list += (list.empty() ? "" : ", ") + as_sql(column);
  return list;
}

Values source_values(SQLite::Database& source, const Table& table, const std::set<std::string>& key) {
  Values values;
  const auto name = [](const Column& column) { return '"' + column.name + '"'; };
  SQLite::Statement rows(source, "SELECT " + listed(table, name) + " FROM \"" + table.name + '"');
  while (rows.executeStep()) {
    add_row(values, table, key, [&](std::size_t i) {
      return source_value(table.columns[i], rows.getColumn(static_cast<int>(i)));
    });
  }
  return values;
}

Values target_values(pqxx::work& target, const Table& table, const std::set<std::string>& key) {
  Values values;
  for (const auto& row :
       target.exec("SELECT " + listed(table, target_expression) + " FROM public.\"" + table.name + '"')) {
    add_row(values, table, key, [&](std::size_t i) {
      return target_value(table.columns[i], row[static_cast<pqxx::row::size_type>(i)]);
    });
  }
  return values;
}

void list_difference(std::vector<std::string>& lines, const Values& here, const Values& there,
                     const std::string& side) {
  Values only;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(), std::inserter(only, only.end()));
  for (const auto& value : only) lines.push_back("only in the " + side + ": " + value);
}

}  // namespace

std::string differences_by_value(Mirror& mirror, const std::set<std::string>& apart_from) {
  pqxx::connection connection(mirror.cluster.url(mirror.database, PostgresCluster::kSuperuser));
  pqxx::work target(connection);
  target.exec("SET LOCAL timezone = 'UTC'");
  std::vector<std::string> lines;
  for (const auto& table : tables_of(target, apart_from)) {
    const auto key = key_of(mirror.source.database(), table.name);
    const auto there = target_values(target, table, key);
    const auto here = source_values(mirror.source.database(), table, key);
    list_difference(lines, here, there, "source");
    list_difference(lines, there, here, "target");
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i) text += lines[i] + '\n';
  return text +
         (lines.size() > kMostLines ? "and " + std::to_string(lines.size() - kMostLines) + " more\n" : "");
}

}  // namespace sluice::e2e
