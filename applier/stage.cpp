#include "applier/stage.h"

#include <optional>
#include <vector>

#include "applier/apply_error.h"
#include "applier/identifiers.h"

namespace sluice::applier {
namespace {

/// Before the columns of the table: is the key gone, and which chunk says so.
const std::vector<std::string> kOwnColumns{"sluice_gone", "sluice_chunk"};

}  // namespace

Stage::Stage(Session& session, const TargetTable& table)
    : session_(session), table_(table), name_("pg_temp.sluice_stage_" + std::to_string(table.source.id)) {
  std::string columns = "sluice_gone boolean, sluice_chunk integer";
  for (const auto& column : table.columns) columns += ", " + column.name + " " + column.type;
  session_.exec("CREATE TEMPORARY TABLE sluice_stage_" + std::to_string(table.source.id) + " (" + columns +
                ") ON COMMIT DROP");
}

void Stage::add(const TableWrite& write) {
  ++chunks_;
  try {
    Savepoint savepoint(session_);
    copy(lines(write, 0, write.upserts.size()) + gone_lines(write));
    savepoint.release();
  } catch (ApplyError& error) {
    error.table = table_.source.name;
    if (error.fault == Fault::row && !write.upserts.empty()) error.key = first_refused_key(write);
    throw;
  }
  rows_ += static_cast<std::int64_t>(write.upserts.size() + write.deletes.size());
}

void Stage::copy(const std::string& lines) {
  std::vector<std::string> columns = kOwnColumns;
  for (const auto& name : table_.column_names()) columns.push_back(name);
  session_.copy(name_, columns, lines);
}

std::string Stage::lines(const TableWrite& write, std::size_t first, std::size_t last) const {
  const std::optional<std::string> there = "f";
  const std::optional<std::string> chunk = std::to_string(chunks_);
  std::string out;
  for (std::size_t i = first; i < last; ++i) {
    std::vector<const std::optional<std::string>*> fields{&there, &chunk};
    for (const auto& value : write.upserts[i]) fields.push_back(&value);
    append_copy_line(out, fields);
  }
  return out;
}

std::string Stage::gone_lines(const TableWrite& write) const {
  const std::optional<std::string> gone = "t";
  const std::optional<std::string> chunk = std::to_string(chunks_);
  std::string out;
  for (const auto& key : write.deletes) {
    std::vector<std::optional<std::string>> values(table_.columns.size());
    for (std::size_t i = 0; i < key.size(); ++i) values[table_.key[i]] = key[i];
    std::vector<const std::optional<std::string>*> fields{&gone, &chunk};
    for (const auto& value : values) fields.push_back(&value);
    append_copy_line(out, fields);
  }
  return out;
}

bool Stage::refuses(const TableWrite& write, std::size_t first, std::size_t last) {
  const Savepoint undone(session_);
  try {
    copy(lines(write, first, last));
    return false;
  } catch (const ApplyError& error) {
    if (error.fault != Fault::row) throw;
    return true;
  }
}

/// By halves: of two, the first half holds a refused row or the second does.
std::string Stage::first_refused_key(const TableWrite& write) {
  std::size_t first = 0;
  std::size_t last = write.upserts.size();
  while (last - first > 1) {
    const std::size_t middle = first + (last - first) / 2;
    (refuses(write, first, middle) ? last : first) = middle;
  }
  return shown_key(table_, write.upserts[first]);
}

void Stage::settle() {
  session_.exec("ANALYZE " + name_);
  if (chunks_ < 2) return;
  session_.exec("DELETE FROM " + name_ + " AS t USING (SELECT " + join(table_.key_names(), ",") +
                ", max(sluice_chunk) AS newest FROM " + name_ + " GROUP BY " + join(table_.key_names(), ",") +
                ") AS s WHERE " + key_join(table_, "t", "s") + " AND t.sluice_chunk < s.newest");
}

WriteSource Stage::source() const {
  const auto those = [&](const std::string& condition) {
    return "(SELECT * FROM " + name_ + " WHERE " + condition + ") AS s";
  };
  return {&table_, those("NOT sluice_gone"), those("sluice_gone")};
}

}  // namespace sluice::applier
