#include "applier/write_sql.h"

#include "applier/identifiers.h"

namespace sluice::applier {
namespace {

std::string qualified(const std::string& alias, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(alias + "." + name);
  return join(out, ",");
}

std::string compared(const std::string& alias, const TargetTable& table) {
  std::vector<std::string> out;
  for (const auto& column : table.columns) {
    out.push_back(alias + "." + column.name + (column.compared_as.empty() ? "" : "::" + column.compared_as));
  }
  return join(out, ",");
}

/// The first row of a VALUES list says what types its columns have; the others follow.
std::string literal(const std::optional<std::string>& value, const TargetColumn& column, bool first_row) {
  const std::string text = value ? quote_literal(*value) : "NULL";
  return first_row ? text + "::" + column.cast_type : text;
}

std::string values_of_rows(const TargetTable& table, const std::vector<TextRow>& rows) {
  std::string out = "(VALUES ";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += i == 0 ? "(" : ",(";
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (c > 0) out += ',';
      out += literal(rows[i][c], table.columns[c], i == 0);
    }
    out += ')';
  }
  return out + ") AS s(" + join(table.column_names(), ",") + ")";
}

std::string values_of_keys(const TargetTable& table, const std::vector<TextKey>& keys) {
  std::string out = "(VALUES ";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out += i == 0 ? "(" : ",(";
    for (std::size_t c = 0; c < table.key.size(); ++c) {
      if (c > 0) out += ',';
      out += literal(keys[i][c], table.columns[table.key[c]], i == 0);
    }
    out += ')';
  }
  return out + ") AS s(" + join(table.key_names(), ",") + ")";
}

std::string update_sql(const TargetTable& table, const std::string& rows) {
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    bool in_key = false;
    for (const std::size_t k : table.key) in_key |= k == i;
    if (!in_key) sets.push_back(table.columns[i].name + "=s." + table.columns[i].name);
  }
  if (sets.empty()) return {};
  return "UPDATE " + table.name + " AS t SET " + join(sets, ",") + " FROM " + rows + " WHERE " +
         key_join(table, "t", "s") + " AND " + images_differ(table) + ";";
}

std::string insert_sql(const TargetTable& table, const std::string& rows) {
  return "INSERT INTO " + table.name + " (" + join(table.column_names(), ",") + ")" +
         (table.identity_always ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT " +
         qualified("s", table.column_names()) + " FROM " + rows + " WHERE NOT EXISTS (SELECT 1 FROM " +
         table.name + " AS t WHERE " + key_join(table, "t", "s") + ");";
}

std::string delete_sql(const TargetTable& table, const std::string& keys) {
  return "DELETE FROM " + table.name + " AS t USING " + keys + " WHERE " + key_join(table, "t", "s") + ";";
}

/// Children that still point at a row about to go, other than rows of the table itself that go with it.
std::string guard_sql(const TargetTable& table, const IncomingAction& action, const std::string& keys,
                      const std::string& state_schema) {
  std::vector<std::string> points;
  for (std::size_t i = 0; i < action.columns.size(); ++i) {
    points.push_back("c." + action.child_columns[i] + "=t." + action.columns[i]);
  }
  std::string sql = "SELECT " + quote_name(state_schema) + ".refuse_cascade((SELECT count(*) FROM " +
                    action.child + " AS c JOIN " + table.name + " AS t ON " + join(points, " AND ") +
                    " JOIN " + keys + " ON " + key_join(table, "t", "s");
  if (action.self) {
    sql += " WHERE NOT EXISTS (SELECT 1 FROM " + keys + " WHERE " + key_join(table, "c", "s") + ")";
  }
  return sql + ")," + quote_literal(action.child) + ");";
}

void add_upserts(std::vector<Statement>& out, const WriteSource& source) {
  if (source.upserts.empty()) return;
  // A change of an existing row frees the unique values that a new row may take.
  if (auto update = update_sql(*source.table, source.upserts); !update.empty()) {
    out.push_back({source.table, std::move(update)});
  }
  out.push_back({source.table, insert_sql(*source.table, source.upserts)});
}

void add_deletes(std::vector<Statement>& out, const WriteSource& source) {
  if (!source.deletes.empty()) out.push_back({source.table, delete_sql(*source.table, source.deletes)});
}

void add_guards(std::vector<Statement>& out, const WriteSource& source, const std::string& state_schema) {
  if (source.deletes.empty()) return;
  for (const auto& action : source.table->incoming) {
    out.push_back({source.table, guard_sql(*source.table, action, source.deletes, state_schema)});
  }
}

}  // namespace

std::string key_join(const TargetTable& table, const std::string& left, const std::string& right) {
  std::vector<std::string> terms;
  for (const std::string& name : table.key_names())
    terms.push_back(left + "." + name + "=" + right + "." + name);
  return join(terms, " AND ");
}

std::string images_differ(const TargetTable& table) {
  return "ROW(" + compared("t", table) + ")::record *<> ROW(" + compared("s", table) + ")::record";
}

WriteSource literal_source(const TableWrite& write) {
  WriteSource source;
  source.table = write.table;
  if (!write.upserts.empty()) source.upserts = values_of_rows(*write.table, write.upserts);
  if (!write.deletes.empty()) source.deletes = values_of_keys(*write.table, write.deletes);
  return source;
}

std::vector<Statement> ordered_statements(const std::vector<WriteSource>& tables, ApplyMode mode,
                                          const std::string& state_schema) {
  std::vector<Statement> out;
  const auto deleted_first = [&](const WriteSource& source) {
    return mode == ApplyMode::replica || !source.table->referenced;
  };
  for (const auto& source : tables) {
    if (deleted_first(source)) add_deletes(out, source);
  }
  for (const auto& source : tables) add_upserts(out, source);
  for (auto source = tables.rbegin(); source != tables.rend(); ++source) {
    if (deleted_first(*source)) continue;
    add_guards(out, *source, state_schema);
    add_deletes(out, *source);
  }
  return out;
}

}  // namespace sluice::applier
