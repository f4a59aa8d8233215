#include "tests/applier/differential/line.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "applier/server/target_survey.h"
#include "applier/values/identifiers.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::differential {

using applier::ApplyMode;
using applier::join;
using support::PostgresCluster;

namespace {

constexpr std::int64_t kAllAtOnce = 20'000;

std::string role_of(ApplyMode mode) {
  return mode == ApplyMode::replica ? PostgresCluster::kSuperuser : PostgresCluster::kOwner;
}

std::string text(const SQLite::Column& column) {
  return column.isNull() ? "NULL" : column.getString();
}

/// "t|1|NULL" as SQL, for the table and these columns.
std::string line_of(const applier::TargetTable& table, const std::vector<std::string>& columns) {
  std::string sql = "'" + table.source.name + "'";
  for (const auto& column : columns) sql += "||'|'||coalesce(" + column + "::text,'NULL')";
  return sql;
}

/// Line, key and mark of all rows.
std::string rows_of(applier::Session& session, const applier::TargetTable& table) {
  const bool marked = !session
                           .exec("SELECT FROM pg_attribute WHERE attname = 'mark' AND attrelid = " +
                                 std::to_string(table.oid))
                           .empty();
  return "SELECT " + line_of(table, table.column_names()) + "," + line_of(table, table.key_names()) + "," +
         (marked ? "mark::text" : "NULL") + " FROM " + table.name;
}

}  // namespace

Line::Line(Way way, ApplyMode mode) : way_(way), mode_(mode) {
  auto& cluster = support::shared_cluster();
  options_.url = cluster.url(cluster.create_database(role_of(mode)), role_of(mode));
  options_.schema = "copy";
  session_ = std::make_unique<applier::Session>(options_, std::make_shared<applier::Lifeline>());
  if (session_->mode() != mode) throw std::logic_error("the session is in the other mode");
  applier::ensure_state_schema(*session_, options_.state_schema);
}

std::string Line::name() const {
  static const std::map<Way, std::string> kNames = {{Way::message, "one message"},
                                                    {Way::stages, "through stages"},
                                                    {Way::straight, "straight where all is new"}};
  return (mode_ == ApplyMode::replica ? "replica mode, " : "ordinary mode, ") + kNames.at(way_);
}

void Line::begin(const Shape& shape, capture::Source& source) {
  session_->exec(
      "BEGIN; DROP SCHEMA IF EXISTS copy CASCADE; CREATE SCHEMA copy; SET LOCAL search_path = copy;"
      "CREATE SEQUENCE mark;" +
      shape.target + "; COMMIT");
  catalog_ = source.survey();
  options_.pipeline = "run " + std::to_string(++runs_);
  context_ = {options_.pipeline, options_.state_schema, {}};
  find_tables();
  row_ = {};
  row_.source.id = catalog_.source_id;
  row_.applied = source.newest();
  applier::create_pipeline(*session_, options_.state_schema, options_.pipeline, row_);
}

void Line::find_tables() {
  plan_ = {};
  for (const auto& table : catalog_.tables)
    plan_.tables.push_back(applier::find_target(*session_, options_, table).value());
  plan_.tables = applier::parents_first(plan_.tables);
  std::vector<std::string> queries;
  for (const auto& table : plan_.tables) queries.push_back(rows_of(*session_, table));
  holdings_sql_ = join(queries, " UNION ALL ");
}

void Line::change_tables(const std::string& ddl) {
  session_->exec("BEGIN; SET LOCAL search_path = copy;" + ddl + "; COMMIT");
  find_tables();
}

void Line::follow(capture::Source& source, std::int64_t chunk_changes) {
  capture::Chunk chunk = read(source, row_.applied, way_ == Way::message ? kAllAtOnce : chunk_changes);
  if (chunk.changes == 0) return;
  if (way_ != Way::message) return write_large(source, std::move(chunk), chunk_changes);
  applier::write_small_batch(*session_, plan_, context_, row_, chunk);
  advanced(chunk.to);
}

void Line::write_large(capture::Source& source, capture::Chunk chunk, std::int64_t chunk_changes) {
  applier::LargeBatch batch(*session_, plan_, context_, row_);
  while (true) {
    // What is not known to be new may not go straight.
    for (auto& changes : chunk.tables) changes.inserts_only &= way_ == Way::straight;
    batch.add(chunk);
    if (chunk.at_boundary) break;
    chunk = read(source, chunk.to, chunk_changes);
  }
  batch.commit(chunk.to, true);
  advanced(chunk.to);
}

capture::Chunk Line::read(capture::Source& source, const capture::Anchor& from, std::int64_t changes) const {
  capture::ReadRequest request;
  request.from = from;
  request.limits.changes = changes;
  return std::get<capture::Chunk>(source.read(catalog_, request));
}

void Line::advanced(const capture::Anchor& to) {
  row_.applied = to;
  ++row_.epoch;
}

Holdings Line::holdings() const {
  Holdings all;
  for (const auto& row : session_->exec(holdings_sql_)) {
    all.rows.insert(row[0].c_str());
    if (!row[2].is_null()) all.marks[row[1].c_str()] = row[2].c_str();
  }
  return all;
}

Contents contents(SQLite::Database& database, const capture::Catalog& catalog) {
  Contents all;
  for (const auto& table : catalog.tables) {
    std::vector<std::string> names;
    for (const auto& column : table.columns) names.push_back('"' + column.name + '"');
    SQLite::Statement rows(database, "SELECT " + join(names, ",") + " FROM \"" + table.name + '"');
    while (rows.executeStep()) {
      std::string line = table.name;
      for (int i = 0; i < rows.getColumnCount(); ++i) line += "|" + text(rows.getColumn(i));
      all.insert(line);
    }
  }
  return all;
}

}  // namespace sluice::differential
