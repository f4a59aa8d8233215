#include "applier/write/stage.h"

#include <optional>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "applier/write/by_halves.h"

namespace sluice::applier {
namespace {

const std::vector<std::string> kOwnColumns{"sluice_gone", "sluice_row", "sluice_key"};

/// Where the rows of a chunk wait as texts while those are sought that their types refuse.
constexpr const char* kTexts = "pg_temp.sluice_texts";

}  // namespace

Stage::Stage(Session& session, const TargetTable& table, std::string state_schema)
    : session_(session),
      table_(table),
      state_schema_(std::move(state_schema)),
      name_("pg_temp.sluice_stage_" + std::to_string(table.source.id)) {
  std::string columns = "sluice_gone boolean, sluice_row bigint, sluice_key text";
  for (const auto& column : table.columns) columns += ", " + column.name + " " + column.type;
  session_.exec("CREATE TEMPORARY TABLE sluice_stage_" + std::to_string(table.source.id) + " (" + columns +
                ") ON COMMIT DROP");
}

std::vector<std::string> Stage::all_columns() const {
  std::vector<std::string> columns = kOwnColumns;
  for (const auto& name : table_.column_names()) columns.push_back(name);
  return columns;
}

std::vector<Refusal> Stage::add(const TableWrite& write, std::size_t most) {
  ++chunks_;
  first_row_ = rows_ + 1;
  rows_ += static_cast<std::int64_t>(write.upserts.size() + write.deletes.size());
  session_.end_stream();
  try {
    Savepoint savepoint(session_);
    session_.copy(name_, all_columns(), lines(write));
    savepoint.release();
    return {};
  } catch (ApplyError& error) {
    error.table = table_.source.name;
    if (error.fault != Fault::row) throw;
  }
  return add_by_halves(write, most);
}

std::string Stage::lines(const TableWrite& write) const {
  const std::optional<std::string> there = "f";
  const std::optional<std::string> gone = "t";
  const std::optional<std::string> null;
  std::int64_t next = first_row_;
  std::optional<std::string> row;
  std::optional<std::string> key;
  std::string out;
  for (std::size_t i = 0; i < write.upserts.size(); ++i) {
    row = std::to_string(next++);
    key = capture::encode(key_of(table_.source, *write.rows[i]));
    std::vector<const std::optional<std::string>*> fields{&there, &row, &key};
    for (const auto& value : write.upserts[i]) fields.push_back(&value);
    append_copy_line(out, fields);
  }
  for (std::size_t i = 0; i < write.deletes.size(); ++i) {
    row = std::to_string(next++);
    key = capture::encode(*write.gone[i]);
    std::vector<std::optional<std::string>> values(table_.columns.size());
    for (std::size_t c = 0; c < table_.key.size(); ++c) values[table_.key[c]] = write.deletes[i][c];
    std::vector<const std::optional<std::string>*> fields{&gone, &row, &key};
    for (const auto& value : values) fields.push_back(&value);
    append_copy_line(out, fields);
  }
  return out;
}

/// "t.a::varchar": the text as the column's type reads it; the assignment to the column does the rest.
std::vector<std::string> Stage::casts(const std::string& prefix) const {
  std::vector<std::string> out;
  for (const auto& column : table_.columns) out.push_back(prefix + column.name + "::" + column.cast_type);
  return out;
}

/// The rows as texts, which no type refuses, go from there into the stage.
std::vector<Refusal> Stage::add_by_halves(const TableWrite& write, std::size_t most) {
  std::vector<std::string> texts{"sluice_gone boolean", "sluice_row bigint", "sluice_key text"};
  for (const auto& name : table_.column_names()) texts.push_back(name + " text");
  session_.exec("CREATE TEMPORARY TABLE sluice_texts (" + join(texts, ",") + ") ON COMMIT DROP");
  session_.copy(kTexts, all_columns(), lines(write));

  session_.exec(std::string("CREATE INDEX ON ") + kTexts + " (sluice_row); ANALYZE " + kTexts);
  const std::string from_texts = std::string(" FROM ") + kTexts;
  const auto refused = write_by_halves(
      session_, state_schema_,
      {"INSERT INTO " + name_ + " (" + join(all_columns(), ",") + ") SELECT " + join(kOwnColumns, ",") + "," +
       join(casts(""), ",") + from_texts + " WHERE sluice_row BETWEEN $1 AND $2"},
      "SELECT sluice_row" + from_texts + " ORDER BY 1", most);
  std::vector<Refusal> refusals;
  for (const auto& each : refused) refusals.push_back(refusal_of(write, each.place, each.error));
  session_.exec(std::string("DROP TABLE ") + kTexts);
  return refusals;
}

Refusal Stage::refusal_of(const TableWrite& write, std::int64_t row, ApplyError error) {
  const auto place = static_cast<std::size_t>(row - first_row_);
  const bool gone = place >= write.upserts.size();
  const capture::Key key =
      gone ? *write.gone[place - write.upserts.size()] : key_of(table_.source, *write.rows[place]);
  error.table = table_.source.name;
  error.key = shown_key(key);
  if (error.column.empty()) error.column = column_at_fault(row);
  return {{table_.source.name, capture::encode(key)},
          gone,
          column_names(table_.source),
          gone ? capture::Row{} : *write.rows[place],
          std::move(error)};
}

/// The server does not say which column has refused a value, so each is asked by itself.
std::string Stage::column_at_fault(std::int64_t row) {
  std::vector<std::string> tries;
  for (const auto& column : table_.columns) {
    tries.push_back(quote_literal("INSERT INTO " + name_ + " (" + column.name + ") SELECT " + column.name +
                                  "::" + column.cast_type + " FROM " + kTexts +
                                  " WHERE sluice_row = " + std::to_string(row)));
  }
  const Savepoint undone(session_);
  const auto refused = session_
                           .exec("SELECT " + quote_name(state_schema_, "first_refused") + "(ARRAY[" +
                                 join(tries, ",") + "])")[0][0]
                           .as<std::size_t>();
  return refused == 0 ? "" : table_.source.columns[table_.columns[refused - 1].source].name;
}

void Stage::forget(const std::string& key) {
  session_.exec("DELETE FROM " + name_ + " WHERE sluice_key = " + quote_literal(key));
}

bool Stage::holds(const std::string& key) {
  return session_
      .exec("SELECT EXISTS (SELECT 1 FROM " + name_ + " WHERE sluice_key = " + quote_literal(key) + ")")[0][0]
      .as<bool>();
}

std::size_t Stage::add_unknown(const std::string& condition) {
  const std::string keys = join(table_.key_names(), ",");
  std::vector<std::string> named;
  for (const auto& name : table_.key_names()) named.push_back("t." + name);
  const auto added = session_.exec(
      "INSERT INTO " + name_ + " (sluice_gone, sluice_row, sluice_key, " + keys + ") SELECT true, " +
      std::to_string(rows_) + " + row_number() OVER (), '', " + join(named, ",") + " FROM " + table_.name +
      " AS t WHERE (" + condition + ") AND NOT EXISTS (SELECT 1 FROM " + name_ +
      " AS s WHERE NOT s.sluice_gone AND " + key_join(table_, "t", "s") + ")");
  rows_ += static_cast<std::int64_t>(added.affected_rows());
  return added.affected_rows();
}

void Stage::forget_equal(const std::string& condition) {
  const auto equal = session_.exec("DELETE FROM " + name_ + " AS s USING " + table_.name +
                                   " AS t WHERE NOT s.sluice_gone AND " + key_join(table_, "t", "s") +
                                   " AND NOT (" + images_differ(table_) + ") AND " + condition);
  rows_ -= static_cast<std::int64_t>(equal.affected_rows());
}

void Stage::drop() {
  session_.exec("DROP TABLE " + name_);
}

void Stage::settle() {
  session_.exec("ANALYZE " + name_);
  if (chunks_ < 2) return;
  session_.exec("DELETE FROM " + name_ + " AS t USING (SELECT " + join(table_.key_names(), ",") +
                ", max(sluice_row) AS newest FROM " + name_ + " GROUP BY " + join(table_.key_names(), ",") +
                ") AS s WHERE " + key_join(table_, "t", "s") + " AND t.sluice_row < s.newest");
}

WriteSource Stage::source() const {
  const auto those = [&](const std::string& condition) {
    return "(SELECT * FROM " + name_ + " WHERE " + condition + ") AS s";
  };
  return {&table_, those("NOT sluice_gone"), those("sluice_gone")};
}

}  // namespace sluice::applier
