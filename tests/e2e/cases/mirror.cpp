#include "tests/e2e/cases/mirror.h"

#include <set>
#include <vector>

namespace sluice::e2e {
namespace {

using support::SqliteFile;
using support::TablePair;

std::set<std::string> names_in(const nlohmann::json& list) {
  std::set<std::string> names;
  for (const auto& each : list) names.insert(each.at("name").get<std::string>());
  return names;
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

std::string literal(const std::string& name) {
  std::string text = "'";
  for (const char c : name) text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

std::vector<std::string> column(SQLite::Database& database, const std::string& sql) {
  std::vector<std::string> values;
  SQLite::Statement rows(database, sql);
  while (rows.executeStep()) values.emplace_back(rows.getColumn(0).getText());
  return values;
}

std::vector<std::string> application_tables(SqliteFile& source) {
  return column(source.database(),
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'"
                " AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_sluice_*'");
}

/// The columns that tell rows apart; all of them where the table has no key.
std::vector<std::string> key_of(SqliteFile& source, const std::string& table) {
  const std::string info = "SELECT name FROM pragma_table_xinfo(" + literal(table) + ", 'main')";
  const auto key = column(source.database(), info + " WHERE pk > 0 ORDER BY pk");
  return key.empty() ? column(source.database(), info) : key;
}

}  // namespace

Mirror::Mirror(const std::string& schema, const MirrorOptions& options)
    : role(options.role),
      database(cluster.create_database(role)),
      source(options.journal_mode),
      daemon(shop(source.path(), cluster.url(database, role), options.settings)) {
  if (!schema.empty()) source.exec(schema);
}

void Mirror::start() {
  daemon.start();
  must_flush(daemon);
}

std::string Mirror::attempt(const std::string& sql) {
  try {
    source.exec(sql);
    return "";
  } catch (const SQLite::Exception& refused) {
    return refused.what();
  }
}

std::string Mirror::differences() {
  must_flush(daemon);
  return differences_now();
}

std::string Mirror::differences_now() {
  const auto document = status();
  const auto captured = names_in(document.at("tables"));
  const auto reported = names_in(document.at("source").at("not_captured"));
  std::string list;
  for (const auto& table : application_tables(source)) {
    if (captured.contains(table)) {
      const TablePair pair{table, "public." + quoted(table), key_of(source, table)};
      list += support::listed_differences(source, cluster, database, pair);
    } else if (!reported.contains(table)) {
      list += table + " is neither captured nor reported\n";
    }
  }
  return list;
}

}  // namespace sluice::e2e
