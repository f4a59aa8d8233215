#include "applier/target_table.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "applier/apply_error.h"
#include "applier/identifiers.h"

namespace sluice::applier {
namespace {

using capture::SourceTable;

std::string lower(std::string_view text) {
  return spell(text, Identifiers::lower);
}

/// Of several names the one that is meant: the exact one, else the only one that differs in case alone.
/// Throws where two differ in case alone and neither is exact.
template <typename Candidates>
std::optional<std::string> pick(const Candidates& names, const std::string& wanted, const std::string& what) {
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  std::optional<std::string> found;
  for (const std::string& name : names) {
    if (lower(name) != lower(wanted)) continue;
    if (found) {
      ApplyError error(Fault::table,
                       what + " '" + wanted + "' matches both '" + *found + "' and '" + name + "'");
      error.code = "ambiguous_name";
      error.hint = "rename one of them, or give the one that is meant the source's exact name";
      throw error;
    }
    found = name;
  }
  return found;
}

struct ServerColumn {
  std::string name;
  std::string type;
  TypeKind kind;
  std::string base_type;  ///< its name, domains resolved
  bool is_enum;
  bool modified;  ///< has a modifier that rounds or cuts: numeric(10,2)
  bool generated;
  bool identity_always;
  bool deterministic;
  bool required;  ///< an insert without it is refused
  bool in_key;    ///< of the primary key
};

std::vector<ServerColumn> server_columns(Session& session, unsigned oid) {
  const auto rows = session.exec(
      "WITH RECURSIVE base(attnum, typ) AS ("
      "  SELECT attnum, atttypid FROM pg_attribute WHERE attrelid = " +
      std::to_string(oid) +
      "   AND attnum > 0 AND NOT attisdropped"
      "  UNION ALL SELECT b.attnum, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.typ WHERE "
      "t.typtype = 'd')"
      " SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.oid, t.typname, t.typtype = 'e',"
      " a.atttypmod <> -1 OR a.atttypid <> t.oid,"
      "  a.attgenerated <> '', a.attidentity = 'a', coalesce(c.collisdeterministic, true),"
      "  a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',"
      "  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = "
      "ANY (i.indkey))"
      " FROM pg_attribute a JOIN base b ON b.attnum = a.attnum JOIN pg_type t ON t.oid = b.typ AND t.typtype "
      "<> 'd'"
      " LEFT JOIN pg_collation c ON c.oid = a.attcollation"
      " WHERE a.attrelid = " +
      std::to_string(oid) + " ORDER BY a.attnum");
  std::vector<ServerColumn> columns;
  for (const auto& row : rows) {
    columns.push_back({row[0].as<std::string>(), row[1].as<std::string>(), kind_of(row[2].as<unsigned>()),
                       row[3].as<std::string>(), row[4].as<bool>(), row[5].as<bool>(), row[6].as<bool>(),
                       row[7].as<bool>(), row[8].as<bool>(), row[9].as<bool>(), row[10].as<bool>()});
  }
  return columns;
}

/// Casting a literal to varchar(3), or to a domain over it, cuts it without a word; the assignment to the
/// column does not. Such a literal gets the plain base type, by its catalog name: `character` would mean
/// character(1).
std::string cast_type(const ServerColumn& column) {
  for (const char* cutting :
       {"varchar", "bpchar", "bit", "varbit", "_varchar", "_bpchar", "_bit", "_varbit"}) {
    if (column.base_type == cutting) return "pg_catalog." + quote_name(cutting);
  }
  return column.type;
}

/// Both sides of an image comparison need one type: the column's own is padded (char) or a domain.
std::string compared_as(const ServerColumn& column) {
  if (column.base_type == "bpchar") return "text";
  return cast_type(column) == column.type ? "" : cast_type(column);
}

/// A key column of the server whose name the source does not know.
std::optional<std::string> orphaned_key_column(const TargetTable& table,
                                               const std::vector<ServerColumn>& server,
                                               const TargetOptions& options) {
  for (const auto& column : server) {
    const bool known =
        std::any_of(table.source.columns.begin(), table.source.columns.end(), [&](const auto& c) {
          return pick(std::vector{column.name}, spell(c.name, options.identifiers), "column");
        });
    if (column.in_key && !known) return column.name;
  }
  return std::nullopt;
}

/// A missing column can be added; where it belongs to the key, an older one will have been renamed.
[[noreturn]] void refuse_missing_column(const TargetTable& table, std::size_t index,
                                        const std::vector<ServerColumn>& server,
                                        const TargetOptions& options) {
  const capture::SourceColumn& column = table.source.columns[index];
  const auto& key = table.source.key;
  const bool in_key = std::find(key.begin(), key.end(), index) != key.end();
  const auto old_name = in_key ? orphaned_key_column(table, server, options) : std::nullopt;
  const std::string new_name = quote_name(spell(column.name, options.identifiers));
  ApplyError error(Fault::table, "column '" + column.name + "' of table '" + table.source.name +
                                     "' is missing in " + table.display_name);
  error.code = in_key ? "key_column_missing" : "column_missing";
  error.table = table.source.name;
  error.column = column.name;
  error.hint = "ALTER TABLE " + table.name +
               (old_name ? " RENAME COLUMN " + quote_name(*old_name) + " TO " + new_name
                         : " ADD COLUMN " + new_name + " " + type_for(column.declared_type)) +
               ";";
  throw error;
}

void match_columns(TargetTable& table, const std::vector<ServerColumn>& server,
                   const TargetOptions& options) {
  std::vector<std::string> names;
  for (const auto& column : server) names.push_back(column.name);
  for (std::size_t i = 0; i < table.source.columns.size(); ++i) {
    const auto& column = table.source.columns[i];
    const auto name = pick(names, spell(column.name, options.identifiers), "column");
    if (!name) refuse_missing_column(table, i, server, options);
    const auto& found =
        *std::find_if(server.begin(), server.end(), [&](const auto& c) { return c.name == *name; });
    if (found.generated) continue;
    table.columns.push_back(
        {quote_name(found.name), found.type, cast_type(found), compared_as(found), found.kind, i});
    table.identity_always |= found.identity_always;
  }
}

/// Columns that the source has dropped or renamed, say: an insert into them would be refused.
void note_required(TargetTable& table, const std::vector<ServerColumn>& server) {
  for (const auto& column : server) {
    const bool written = std::any_of(table.columns.begin(), table.columns.end(),
                                     [&](const auto& c) { return c.name == quote_name(column.name); });
    if (column.required && !written) table.required.push_back(quote_name(column.name));
  }
}

/// Types in which one value has one written form, so that two keys of the source stay two.
bool tells_keys_apart(const ServerColumn& column) {
  if (!column.deterministic || column.base_type == "bpchar" || column.base_type == "float4") return false;
  switch (column.kind) {
    case TypeKind::json:
      return false;
    case TypeKind::other:
      return column.is_enum;
    case TypeKind::numeric:
    case TypeKind::timestamp:
    case TypeKind::timestamptz:
      return !column.modified;
    default:
      return true;
  }
}

/// A key type that calls different keys equal would make one target row of two source rows.
void match_key(TargetTable& table, const std::vector<ServerColumn>& server) {
  for (const std::size_t source : table.source.key) {
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const auto& c) { return c.source == source; });
    if (column == table.columns.end()) {
      ApplyError error(Fault::table, "key column '" + table.source.columns[source].name + "' of " +
                                         table.display_name + " is generated by the server");
      error.code = "key_not_writable";
      error.table = table.source.name;
      error.hint = "make it an ordinary column";
      throw error;
    }
    const auto& found = *std::find_if(server.begin(), server.end(),
                                      [&](const auto& c) { return quote_name(c.name) == column->name; });
    if (!tells_keys_apart(found)) {
      ApplyError error(Fault::table, "key column " + column->name + " of " + table.display_name +
                                         " has type " + found.type + ", which may call different keys equal");
      error.code = "key_type_unsafe";
      error.table = table.source.name;
      error.column = table.source.columns[source].name;
      error.hint = "ALTER TABLE " + table.name + " ALTER COLUMN " + column->name + " TYPE text;";
      throw error;
    }
    table.key.push_back(static_cast<std::size_t>(column - table.columns.begin()));
  }
}

/// Does an immediate, unconditional unique index cover exactly the key?
bool key_is_unique(Session& session, const TargetTable& table) {
  std::vector<std::string> names;
  for (const auto& name : table.key_names()) names.push_back(quote_literal(name));
  return session
      .exec("SELECT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = " + std::to_string(table.oid) +
            " AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS "
            "NULL AND"
            " (SELECT array_agg('\"' || replace(a.attname, '\"', '\"\"') || '\"' ORDER BY 1) FROM "
            "pg_attribute a"
            " WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))"
            " = (SELECT array_agg(n::text ORDER BY 1) FROM unnest(ARRAY[" +
            join(names, ",") + "]) n))")[0][0]
      .as<bool>();
}

std::vector<std::string> quoted_list(const std::string& array) {
  // Names come from the server already quoted and joined by a character that no quoted name begins with.
  std::vector<std::string> names;
  std::size_t at = 0;
  while (at < array.size()) {
    auto end = array.find('\n', at);
    if (end == std::string::npos) end = array.size();
    names.push_back(array.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

std::string names_of(const std::string& keys, const std::string& relation) {
  return "(SELECT string_agg('\"' || replace(a.attname, '\"', '\"\"') || '\"', E'\\n' ORDER BY k.ord)"
         " FROM unnest(" +
         keys +
         ") WITH ORDINALITY k(num, ord)"
         " JOIN pg_attribute a ON a.attrelid = " +
         relation + " AND a.attnum = k.num)";
}

void read_foreign_keys(Session& session, TargetTable& table) {
  const std::string oid = std::to_string(table.oid);
  const auto rows = session.exec(
      "SELECT c.conrelid, c.confrelid, c.confdeltype::text,"
      "  '\"' || replace(n.nspname, '\"', '\"\"') || '\".\"' || replace(r.relname, '\"', '\"\"') || '\"', " +
      names_of("c.conkey", "c.conrelid") + ", " + names_of("c.confkey", "c.confrelid") +
      " FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = "
      "r.relnamespace"
      " WHERE c.contype = 'f' AND c.conparentid = 0 AND (c.conrelid = " +
      oid + " OR c.confrelid = " + oid + ")");
  for (const auto& row : rows) {
    const auto child = row[0].as<unsigned>();
    const auto parent = row[1].as<unsigned>();
    if (child == table.oid && parent != table.oid) table.parents.push_back(parent);
    if (parent != table.oid) continue;
    table.referenced = true;
    table.references_itself |= child == parent;
    const auto action = row[2].as<std::string>();
    if (action != "c" && action != "n" && action != "d") continue;
    table.incoming.push_back({row[3].as<std::string>(), quoted_list(row[4].as<std::string>()),
                              quoted_list(row[5].as<std::string>()), child == parent});
  }
}

struct ServerTable {
  unsigned oid;
  std::string kind;
  bool has_triggers;
  bool schema_usable;
  bool writable;
};

ServerTable server_table(Session& session, const TargetOptions& options, const std::string& name) {
  const auto rows = session.exec(
      "SELECT c.oid, c.relkind::text,"
      " EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> "
      "'D'),"
      " has_schema_privilege(n.oid, 'USAGE'),"
      " (SELECT bool_and(has_table_privilege(c.oid, p)) FROM "
      "unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE']) p)"
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = " +
      quote_literal(options.schema) + " AND c.relname = " + quote_literal(name));
  return {rows[0][0].as<unsigned>(), rows[0][1].as<std::string>(), rows[0][2].as<bool>(),
          rows[0][3].as<bool>(), rows[0][4].as<bool>()};
}

/// Asked before the first write, so that a missing right is named with the GRANT and not met row by row.
void check_rights(const Session& session, const TargetOptions& options, const TargetTable& table,
                  const ServerTable& server) {
  if (server.schema_usable && server.writable) return;
  ApplyError error(Fault::table,
                   "the role " + session.role() + " may not read and write " + table.display_name, "42501");
  error.code = "no_rights";
  error.table = table.source.name;
  error.hint = server.schema_usable
                   ? grant_sql(table, session.role())
                   : "GRANT USAGE ON SCHEMA " + quote_name(options.schema) + " TO " + session.role() + ";";
  throw error;
}

std::vector<std::string> relation_names(Session& session, const std::string& schema) {
  const auto rows = session.exec(
      "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE c.relkind IN ('r','p','v','m','f') AND n.nspname = " +
      quote_literal(schema));
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row[0].as<std::string>());
  return names;
}

}  // namespace

std::vector<std::string> TargetTable::key_names() const {
  std::vector<std::string> names;
  for (const std::size_t i : key) names.push_back(columns[i].name);
  return names;
}

std::vector<std::string> TargetTable::column_names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::optional<TargetTable> find_target(Session& session, const TargetOptions& options,
                                       const SourceTable& source) {
  const auto name =
      pick(relation_names(session, options.schema), spell(source.name, options.identifiers), "table");
  if (!name) return std::nullopt;

  const auto server = server_table(session, options, *name);
  TargetTable table;
  table.source = source;
  table.name = quote_name(options.schema, *name);
  table.display_name = options.schema + "." + *name;
  table.oid = server.oid;
  table.has_triggers = server.has_triggers;
  if (server.kind != "r" && server.kind != "p") {
    ApplyError error(Fault::table, table.display_name + " is not a table and can't be written to row by row");
    error.code = "not_a_table";
    error.table = source.name;
    error.hint = "rename it, or leave the table out with tables.exclude";
    throw error;
  }
  check_rights(session, options, table, server);
  const auto columns = server_columns(session, table.oid);
  match_columns(table, columns, options);
  note_required(table, columns);
  match_key(table, columns);
  table.key_is_unique = key_is_unique(session, table);
  read_foreign_keys(session, table);
  return table;
}

std::string grant_sql(const TargetTable& table, const std::string& role) {
  return "GRANT SELECT, INSERT, UPDATE, DELETE ON " + table.name + " TO " + role + ";";
}

std::vector<TargetTable> parents_first(std::vector<TargetTable> tables) {
  std::map<unsigned, std::size_t> by_oid;
  for (std::size_t i = 0; i < tables.size(); ++i) by_oid[tables[i].oid] = i;

  std::vector<TargetTable> ordered;
  std::set<std::size_t> seen;
  const auto visit = [&](auto& self, std::size_t i) -> void {
    if (!seen.insert(i).second) return;
    for (const unsigned parent : tables[i].parents) {
      if (const auto found = by_oid.find(parent); found != by_oid.end()) self(self, found->second);
    }
    ordered.push_back(tables[i]);
  };
  for (std::size_t i = 0; i < tables.size(); ++i) visit(visit, i);
  return ordered;
}

}  // namespace sluice::applier
