#include "applier/write/write_sql.h"

#include <algorithm>
#include <utility>

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

std::string compared(const std::string& alias, const TargetTable& table,
                     const std::vector<std::string>& columns) {
  std::vector<std::string> out;
  for (const auto& column : table.columns) {
    if (std::find(columns.begin(), columns.end(), column.name) == columns.end()) continue;
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

std::string is_new(const TargetTable& table) {
  return "NOT EXISTS (SELECT 1 FROM " + table.name + " AS t WHERE " + key_join(table, "t", "s") + ")";
}

/// Postgres joins tables with at most 1,664 columns together; the row of a wider one is looked up beside the
/// join.
bool is_narrow(const TargetTable& table) {
  constexpr std::size_t kMostJoined = 1600;
  return 2 * table.columns.size() < kMostJoined;
}

std::string update_sql(const TargetTable& table, const std::string& rows) {
  const std::string sets = update_set(table);
  if (sets.empty()) return {};
  return "UPDATE " + table.name + " AS t SET " + sets + " FROM " + rows + " WHERE " +
         key_join(table, "t", "s") + " AND " + images_differ(table);
}

std::string insert_sql(const TargetTable& table, const std::string& rows) {
  return insert_into(table, table.column_names()) + " SELECT " + qualified("s", table.column_names()) +
         " FROM " + rows + " WHERE " + is_new(table);
}

std::string delete_sql(const TargetTable& table, const std::string& keys) {
  return "DELETE FROM " + table.name + " AS t USING " + keys + " WHERE " + key_join(table, "t", "s");
}

bool is_part(const TargetTable& table, unsigned oid) {
  return std::find(table.below.begin(), table.below.end(), oid) != table.below.end();
}

std::string refuse_cascade(const std::string& children, const IncomingAction& action,
                           const std::string& state_schema) {
  return "SELECT " + quote_name(state_schema) + ".refuse_cascade((SELECT count(*) FROM " + children + ")," +
         quote_literal(action.child) + ");";
}

/// Children that still point at a row about to go, other than rows of the table itself that go with it.
std::string guard_sql(const TargetTable& table, const IncomingAction& action, const std::string& keys,
                      const std::string& state_schema) {
  std::string children = action.child + " AS c JOIN " + table.name + " AS t ON " + points_at(action, "c") +
                         " JOIN " + keys + " ON " + key_join(table, "t", "s");
  if (action.self) {
    children += " WHERE NOT EXISTS (SELECT 1 FROM " + keys + " WHERE " + key_join(table, "c", "s") +
                only_rows_of(table, action) + ")";
  }
  return refuse_cascade(children, action, state_schema);
}

/// Children that point at a value about to change: the server would change them as well.
std::string update_guard_sql(const TargetTable& table, const IncomingAction& action, const std::string& rows,
                             const std::string& state_schema) {
  const std::string changed = reference_changes(table, action);
  if (changed.empty()) return {};
  return refuse_cascade(action.child + " AS c JOIN " + table.name + " AS t ON " + points_at(action, "c") +
                            " JOIN " + rows + " ON " + key_join(table, "t", "s") + " WHERE " + changed,
                        action, state_schema);
}

/// A statement that is refused where fewer rows come of it than the query `sent` has counted before.
std::string not_swallowed(const TargetTable& table, const std::string& statement, const std::string& sent,
                          const std::string& done, const std::string& state_schema) {
  if (!table.may_swallow) return statement + ";";
  return "WITH sluice_done AS (" + statement + ") SELECT " + quote_name(state_schema) +
         ".refuse_swallowed((SELECT count(*) FROM " + sent + ")-(SELECT count(*) FROM " + done + ")," +
         quote_literal(table.display_name) + ");";
}

/// "RETURNING t.a,t.b" over the key, where it will be counted.
std::string returning(const TargetTable& table, const std::string& prefix) {
  std::vector<std::string> keys;
  for (const auto& name : table.key_names()) keys.push_back(prefix + name);
  return table.may_swallow ? " RETURNING " + join(keys, ",") : "";
}

void add_upserts(std::vector<Statement>& out, const WriteSource& source, const std::string& state_schema) {
  if (source.upserts.empty()) return;
  const TargetTable& table = *source.table;
  const std::string same_key = " ON " + key_join(table, "t", "s");
  // A trigger may have written a row under another key than was sent.
  const std::string done = "sluice_done AS t JOIN " + source.upserts + same_key;
  // A change of an existing row frees the unique values that a new row may take.
  if (const auto update = update_sql(table, source.upserts); !update.empty()) {
    const std::string changed =
        table.name + " AS t JOIN " + source.upserts + same_key + " WHERE " + images_differ(table);
    out.push_back(
        {&table, not_swallowed(table, update + returning(table, "t."), changed, done, state_schema)});
  }
  const std::string added = source.upserts + " WHERE " + is_new(table);
  const std::string insert = insert_sql(table, source.upserts) + returning(table, "");
  out.push_back({&table, not_swallowed(table, insert, added, done, state_schema)});
}

void add_deletes(std::vector<Statement>& out, const WriteSource& source, const std::string& state_schema) {
  if (source.deletes.empty()) return;
  const TargetTable& table = *source.table;
  const std::string there = table.name + " AS t JOIN " + source.deletes + " ON " + key_join(table, "t", "s");
  const std::string remove = delete_sql(table, source.deletes) + returning(table, "t.");
  out.push_back({&table, not_swallowed(table, remove, there, "sluice_done", state_schema)});
}

void add_duplicate_checks(std::vector<Statement>& out, const WriteSource& source,
                          const std::string& state_schema) {
  if (source.upserts.empty()) return;
  for (auto& check : duplicate_checks(*source.table, source.upserts, state_schema)) {
    out.push_back({source.table, check + ";"});
  }
}

void add_guards(std::vector<Statement>& out, const WriteSource& source, const std::string& state_schema) {
  if (source.deletes.empty()) return;
  for (const auto& action : source.table->incoming) {
    if (!action.on_delete) continue;
    out.push_back({source.table, guard_sql(*source.table, action, source.deletes, state_schema)});
  }
}

void add_update_guards(std::vector<Statement>& out, const WriteSource& source,
                       const std::string& state_schema) {
  if (source.upserts.empty()) return;
  for (const auto& action : source.table->incoming) {
    if (!action.on_update) continue;
    auto guard = update_guard_sql(*source.table, action, source.upserts, state_schema);
    if (!guard.empty()) out.push_back({source.table, std::move(guard)});
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
  return images_differ(table, table.column_names());
}

std::string images_differ(const TargetTable& table, const std::vector<std::string>& columns) {
  const std::string here = "ROW(" + compared("s", table, columns) + ")::record";
  if (is_narrow(table)) return "ROW(" + compared("t", table, columns) + ")::record *<> " + here;
  return "(SELECT ROW(" + compared("w", table, columns) + ")::record FROM " + table.name + " AS w WHERE " +
         key_join(table, "w", "s") + ") *<> " + here;
}

bool shares_rows(const TargetTable& table, const IncomingAction& action) {
  const auto& parts = action.child_partitions;
  return is_part(table, action.child_oid) || std::find(parts.begin(), parts.end(), table.oid) != parts.end();
}

std::string only_rows_of(const TargetTable& table, const IncomingAction& action) {
  if (is_part(table, action.child_oid)) return {};
  std::vector<std::string> oids;
  for (const unsigned oid : table.below) oids.push_back(std::to_string(oid));
  return " AND c.tableoid IN (" + join(oids, ",") + ")";
}

std::string points_at(const IncomingAction& action, const std::string& child) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < action.columns.size(); ++i) {
    terms.push_back(child + "." + action.child_columns[i] + "=t." + action.columns[i]);
  }
  return join(terms, " AND ");
}

std::string reference_changes(const TargetTable& table, const IncomingAction& action) {
  std::vector<std::string> changed;
  for (const auto& column : action.columns) {
    if (table.writes(column)) changed.push_back("t." + column + " IS DISTINCT FROM s." + column);
  }
  return join(changed, " OR ");
}

std::string update_set(const TargetTable& table) {
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool in_key = std::find(table.key.begin(), table.key.end(), i) != table.key.end();
    const auto kind = table.columns[i].kind;
    // Keys that are equal and yet not the same: 0.0 and -0.0, 1.0 and 1.00, letters of either case.
    const bool has_spellings =
        table.columns[i].folded || kind == TypeKind::float8 || kind == TypeKind::numeric;
    if (!in_key || has_spellings) sets.push_back(table.columns[i].name + "=s." + table.columns[i].name);
  }
  return join(sets, ",");
}

std::string insert_into(const TargetTable& table, const std::vector<std::string>& columns) {
  return "INSERT INTO " + table.name + " (" + join(columns, ",") + ")" +
         (table.identity_always ? " OVERRIDING SYSTEM VALUE" : "");
}

std::vector<std::string> duplicate_checks(const TargetTable& table, const std::string& rows,
                                          const std::string& state_schema) {
  std::vector<std::string> checks;
  for (const auto& unique : table.uniques) {
    if (unique.immediate || unique.operators.empty()) continue;
    std::vector<std::string> same;
    for (std::size_t i = 0; i < unique.operators.size(); ++i) {
      same.push_back("other." + unique.columns[i] + " " + unique.operators[i] + " t." + unique.columns[i]);
    }
    checks.push_back("SELECT " + quote_name(state_schema) + ".refuse_duplicates((SELECT count(*) FROM " +
                     table.name + " AS t JOIN " + rows + " ON " + key_join(table, "t", "s") +
                     " WHERE EXISTS (SELECT 1 FROM " + table.name + " AS other WHERE " + join(same, " AND ") +
                     " AND NOT (" + key_join(table, "other", "t") + ")))," +
                     quote_literal(unique.constraint) + ")");
  }
  return checks;
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
    if (deleted_first(source)) add_deletes(out, source, state_schema);
  }
  for (const auto& source : tables) {
    if (mode == ApplyMode::ordinary) add_update_guards(out, source, state_schema);
    add_upserts(out, source, state_schema);
  }
  for (auto source = tables.rbegin(); source != tables.rend(); ++source) {
    if (deleted_first(*source)) continue;
    add_guards(out, *source, state_schema);
    add_deletes(out, *source, state_schema);
  }
  if (mode == ApplyMode::replica) {
    for (const auto& source : tables) add_duplicate_checks(out, source, state_schema);
  }
  return out;
}

}  // namespace sluice::applier
