#include "applier/write/stage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "applier/write/bisect.h"

namespace sluice::applier {
namespace {

const std::vector<std::string> kOwnColumns{"sluice_gone", "sluice_row", "sluice_key"};

/// Where the rows of a chunk wait as bytes while those are sought that their types refuse.
constexpr const char* kBytes = "pg_temp.sluice_bytes";

/// As Postgres reads bytes from text.
TextRow as_bytes(const TextRow& values) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  TextRow row;
  for (const auto& value : values) {
    std::optional<std::string>& bytes = row.emplace_back();
    if (!value) continue;
    bytes = "\\x";
    for (const unsigned char byte : *value) {
      *bytes += kDigits[byte >> 4];
      *bytes += kDigits[byte & 15];
    }
  }
  return row;
}

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
    session_.copy(name_, all_columns(), lines(write, Spelling::text));
    savepoint.release();
    return {};
  } catch (ApplyError& error) {
    error.table = table_.source.name;
    if (error.fault != Fault::row) throw;
  }
  return add_bisecting(write, most);
}

std::string Stage::lines(const TableWrite& write, Spelling spelling) const {
  const std::optional<std::string> there = "f";
  const std::optional<std::string> gone = "t";
  std::int64_t next = first_row_;
  std::string out;
  const auto add = [&](const std::optional<std::string>& is_gone, const capture::Key& source_key,
                       const TextRow& values) {
    const std::optional<std::string> row = std::to_string(next++);
    const std::optional<std::string> key = capture::encode(source_key);
    std::vector<const std::optional<std::string>*> fields{&is_gone, &row, &key};
    const TextRow bytes = spelling == Spelling::bytes ? as_bytes(values) : TextRow();
    for (const auto& value : spelling == Spelling::bytes ? bytes : values) fields.push_back(&value);
    append_copy_line(out, fields);
  };
  for (std::size_t i = 0; i < write.upserts.size(); ++i)
    add(there, key_of(table_.source, *write.rows[i]), write.upserts[i]);
  for (std::size_t i = 0; i < write.deletes.size(); ++i) {
    TextRow values(table_.columns.size());
    for (std::size_t c = 0; c < table_.key.size(); ++c) values[table_.key[c]] = write.deletes[i][c];
    add(gone, *write.gone[i], values);
  }
  return out;
}

/// The bytes as the column's type reads them; the assignment to the column does the rest.
std::string Stage::cast(const TargetColumn& column) {
  return "convert_from(" + column.name + ",'UTF8')::" + column.cast_type;
}

/// The rows as bytes, which no type refuses and no encoding lacks, go from there into the stage.
std::vector<Refusal> Stage::add_bisecting(const TableWrite& write, std::size_t most) {
  std::vector<std::string> columns{"sluice_gone boolean", "sluice_row bigint", "sluice_key text"};
  for (const auto& name : table_.column_names()) columns.push_back(name + " bytea");
  session_.exec("CREATE TEMPORARY TABLE sluice_bytes (" + join(columns, ",") + ") ON COMMIT DROP");
  session_.copy(kBytes, all_columns(), lines(write, Spelling::bytes));

  session_.exec(std::string("CREATE INDEX ON ") + kBytes + " (sluice_row); ANALYZE " + kBytes);
  const std::string from_bytes = std::string(" FROM ") + kBytes;
  std::vector<std::string> casts;
  for (const auto& column : table_.columns) casts.push_back(cast(column));
  const auto refused = bisect(
      session_, state_schema_,
      {"INSERT INTO " + name_ + " (" + join(all_columns(), ",") + ") SELECT " + join(kOwnColumns, ",") + "," +
       join(casts, ",") + from_bytes + " WHERE sluice_row BETWEEN $1 AND $2"},
      "SELECT sluice_row" + from_bytes + " ORDER BY 1", most);
  const auto columns_refused = columns_at_fault(refused);
  std::vector<Refusal> refusals;
  for (std::size_t i = 0; i < refused.size(); ++i)
    refusals.push_back(refusal_of(write, refused[i], columns_refused[i]));
  session_.exec(std::string("DROP TABLE ") + kBytes);
  return refusals;
}

Refusal Stage::refusal_of(const TableWrite& write, const RefusedPlace& refused,
                          const TargetColumn* column) const {
  const auto place = static_cast<std::size_t>(refused.place - first_row_);
  const bool gone = place >= write.upserts.size();
  const capture::Key key =
      gone ? *write.gone[place - write.upserts.size()] : key_of(table_.source, *write.rows[place]);
  ApplyError error = refused.error;
  error.name_row(table_.source.name, key);
  if (!gone) error.cut_values(*write.rows[place]);
  if (column != nullptr) {
    const auto in_key = std::ranges::find(table_.source.key, column->source);
    const bool of_key = in_key != table_.source.key.end();
    if (of_key || !gone) {
      const auto& value = of_key ? key[static_cast<std::size_t>(in_key - table_.source.key.begin())]
                                 : (*write.rows[place])[column->source];
      error.name_value(table_.source.columns[column->source].name, value, of_key);
    }
  }
  return {{table_.source.name, error.row},
          gone,
          column_names(table_.source),
          gone ? capture::Row{} : *write.rows[place],
          std::move(error)};
}

/// The server does not say which column has refused a value, so each is asked by itself; of many rows in one
/// message, since the way there may be long. Null where none is refused by itself.
std::vector<const TargetColumn*> Stage::columns_at_fault(const std::vector<RefusedPlace>& refused) {
  constexpr std::size_t kInOneMessage = 100;
  std::vector<const TargetColumn*> columns;
  while (columns.size() < refused.size()) {
    const std::size_t last = std::min(refused.size(), columns.size() + kInOneMessage);
    std::vector<std::string> questions;
    for (std::size_t i = columns.size(); i < last; ++i)
      questions.push_back(first_refused_column(refused[i].place));
    const Savepoint undone(session_);
    for (const auto& answer : session_.exec("VALUES " + join(questions, ","))) {
      const auto column = answer[0].as<std::size_t>();
      columns.push_back(column == 0 ? nullptr : &table_.columns[column - 1]);
    }
  }
  return columns;
}

/// The number of the column as an expression; 0 where none is refused by itself.
std::string Stage::first_refused_column(std::int64_t row) const {
  std::vector<std::string> tries;
  for (const auto& column : table_.columns) {
    tries.push_back(quote_literal("INSERT INTO " + name_ + " (" + column.name + ") SELECT " + cast(column) +
                                  " FROM " + kBytes + " WHERE sluice_row = " + std::to_string(row)));
  }
  return "(" + quote_name(state_schema_, "first_refused") + "(ARRAY[" + join(tries, ",") + "]))";
}

namespace {

std::string any_of(const std::vector<std::string>& keys) {
  std::vector<std::string> literals;
  for (const auto& key : keys) literals.push_back(quote_literal(key));
  return "sluice_key = ANY (ARRAY[" + join(literals, ",") + "])";
}

}  // namespace

void Stage::forget(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  session_.exec("DELETE FROM " + name_ + " WHERE " + any_of(keys));
}

std::set<std::string> Stage::held(const std::vector<std::string>& keys) {
  std::set<std::string> held;
  if (keys.empty()) return held;
  for (const auto& row : session_.exec("SELECT DISTINCT sluice_key FROM " + name_ + " WHERE " + any_of(keys)))
    held.insert(row[0].as<std::string>());
  return held;
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
