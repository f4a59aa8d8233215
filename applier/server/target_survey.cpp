#include "applier/server/target_survey.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "applier/design/table_design.h"
#include "applier/server/apply_error.h"
#include "applier/server/server_table.h"
#include "applier/server/target_refusals.h"
#include "applier/values/identifiers.h"

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

const ServerColumn& column_named(const ServerTable& server, const std::string& quoted) {
  return *std::find_if(server.columns.begin(), server.columns.end(),
                       [&](const auto& column) { return quote_name(column.name) == quoted; });
}

std::vector<std::string> quoted(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(quote_name(name));
  return out;
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
std::optional<std::string> orphaned_key_column(const TargetTable& table, const ServerTable& server,
                                               const TargetOptions& options) {
  for (const auto& column : server.columns) {
    const bool known =
        std::any_of(table.source.columns.begin(), table.source.columns.end(), [&](const auto& c) {
          return pick(std::vector{column.name}, target_column_name(options, table.source, c.name), "column");
        });
    if (column.in_key && !known) return column.name;
  }
  return std::nullopt;
}

/// A missing column can be added; where it belongs to the key, an older one will have been renamed.
[[noreturn]] void refuse_missing_column(const TargetTable& table, std::size_t index,
                                        const ServerTable& server, const TargetOptions& options) {
  const capture::SourceColumn& column = table.source.columns[index];
  const auto& key = table.source.key;
  const bool in_key = std::find(key.begin(), key.end(), index) != key.end();
  const auto old_name = in_key ? orphaned_key_column(table, server, options) : std::nullopt;
  const std::string addition = column_definition(options, table.source, column);
  const std::string new_name = quote_name(target_column_name(options, table.source, column.name));
  ApplyError error = table_fault(
      table.source, in_key ? "key_column_missing" : "column_missing",
      "column '" + column.name + "' of table '" + table.source.name + "' is missing in " + table.display_name,
      "ALTER TABLE " + table.name +
          (old_name ? " RENAME COLUMN " + quote_name(*old_name) + " TO " + new_name
                    : " ADD COLUMN " + addition) +
          ";");
  error.column = column.name;
  throw error;
}

void refuse_twice(const TargetTable& table, const std::string& source_column) {
  const auto& last = table.columns.back();
  for (std::size_t i = 0; i + 1 < table.columns.size(); ++i) {
    if (table.columns[i].name != last.name) continue;
    throw table_fault(table.source, "column_twice",
                      "columns '" + table.source.columns[table.columns[i].source].name + "' and '" +
                          source_column + "' of table '" + table.source.name + "' both go to " + last.name +
                          " of " + table.display_name,
                      "give one of them another name in tables.rules." + table.source.name + ".rename");
  }
}

void match_columns(TargetTable& table, const ServerTable& server, const TargetOptions& options) {
  std::vector<std::string> names;
  for (const auto& column : server.columns) names.push_back(column.name);
  for (std::size_t i = 0; i < table.source.columns.size(); ++i) {
    const auto& column = table.source.columns[i];
    const auto name = pick(names, target_column_name(options, table.source, column.name), "column");
    if (!name) refuse_missing_column(table, i, server, options);
    const auto& found = column_named(server, quote_name(*name));
    if (found.generated) continue;
    table.columns.push_back({.name = quote_name(found.name),
                             .type = found.type,
                             .cast_type = cast_type(found),
                             .compared_as = compared_as(found),
                             .kind = found.kind,
                             .source = i,
                             .rule = {},
                             .modifier = found.modifier,
                             .bytewise = found.bytewise});
    refuse_twice(table, column.name);
    const auto& key = table.source.key;
    const bool in_key = std::find(key.begin(), key.end(), i) != key.end();
    if (found.identity_always && !in_key) refuse_fixed(table, table.columns.back());
    table.identity_always |= found.identity_always;
  }
}

TargetColumn* column_of(TargetTable& table, const std::string& source_name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& column) {
    return same_name(table.source.columns[column.source].name, source_name);
  });
  return found == table.columns.end() ? nullptr : &*found;
}

/// A rule that speaks of a column which is not written has no effect that its author could have meant.
void refuse_unknown(TargetTable& table, const char* member, const std::string& column) {
  if (column_of(table, column) != nullptr) return;
  const std::string rule = "tables.rules." + table.source.name + "." + member;
  throw table_fault(table.source, "rule_refused",
                    rule + " names column '" + column +
                        "', which is not written: SQLite has no such column, " +
                        "or the rule leaves it out, or the server generates it",
                    "correct the name, or take it out of the rule");
}

void apply_type_rules(TargetTable& table, const TableRule& rule) {
  for (const auto& [name, word] : rule.types) {
    refuse_unknown(table, "types", name);
    TargetColumn& column = *column_of(table, name);
    column.rule = parse_type_rule(word);
    const auto& key = table.source.key;
    const bool in_key = std::find(key.begin(), key.end(), column.source) != key.end();
    const auto reason = misfit(column.rule, column.kind, in_key);
    if (!reason) continue;
    throw table_fault(
        table.source, "rule_refused",
        "tables.rules." + table.source.name + ".types: column " + name + ": " + *reason,
        "take another rule, or change the type of column " + column.name + " of " + table.display_name);
  }
}

/// What the server keeps for itself, and what it wants a value for.
void note_unwritten(TargetTable& table, const ServerTable& server) {
  for (const auto& column : server.columns) {
    const std::string name = quote_name(column.name);
    if (!column.not_null) table.nullable.insert(name);
    const bool written = std::any_of(table.columns.begin(), table.columns.end(),
                                     [&](const auto& each) { return each.name == name; });
    if (written || column.generated) continue;
    table.server_only.push_back(name);
    if (column.not_null && !column.has_default) table.required.push_back(name);
  }
}

/// Types in which one value has one written form, so that two keys of the source stay two.
bool tells_keys_apart(const ServerColumn& column) {
  if (!column.deterministic || column.base_type == "bpchar" || column.base_type == "float4") return false;
  switch (column.kind) {
    case TypeKind::json:
    case TypeKind::jsonb:
    case TypeKind::time:
    case TypeKind::timetz:
    case TypeKind::interval:
    case TypeKind::array:
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

/// The source calls keys equal that differ in the case of ASCII letters, and so does the target.
bool folds_alike(const SourceTable& source, std::size_t place, const ServerColumn& column) {
  return column.base_type == "citext" && column.deterministic && place < source.key_collations.size() &&
         source.key_collations[place] == "nocase";
}

/// A key type that calls different keys equal would make one target row of two source rows.
void match_key(TargetTable& table, const ServerTable& server) {
  for (std::size_t place = 0; place < table.source.key.size(); ++place) {
    const std::size_t source = table.source.key[place];
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const auto& c) { return c.source == source; });
    if (column == table.columns.end()) {
      throw table_fault(table.source, "key_not_writable",
                        "key column '" + table.source.columns[source].name + "' of " + table.display_name +
                            " is generated by the server",
                        "make it an ordinary column");
    }
    const auto& found = column_named(server, column->name);
    column->folded = folds_alike(table.source, place, found);
    if (!column->folded && !tells_keys_apart(found)) {
      ApplyError error =
          table_fault(table.source, "key_type_unsafe",
                      "key column " + column->name + " of " + table.display_name + " has type " + found.type +
                          (found.deterministic ? "" : " with a nondeterministic collation") +
                          ", which may call different keys equal",
                      "ALTER TABLE " + table.name + " ALTER COLUMN " + column->name +
                          (table.source.key_is_rowid ? " TYPE bigint USING " + column->name + "::bigint;"
                                                     : " TYPE text COLLATE \"C\";"));
      error.column = table.source.columns[source].name;
      throw error;
    }
    table.key.push_back(static_cast<std::size_t>(column - table.columns.begin()));
  }
}

void note_uniques(TargetTable& table, const ServerTable& server) {
  const auto names = table.key_names();
  const std::set<std::string> key(names.begin(), names.end());
  for (const auto& index : server.uniques) {
    auto columns = quoted(index.columns);
    if (index.whole && index.plain && std::set(columns.begin(), columns.end()) == key) {
      table.key_is_unique |= index.immediate;
      continue;
    }
    for (const auto& name : quoted(index.used)) {
      if (!index.plain && std::find(columns.begin(), columns.end(), name) == columns.end())
        columns.push_back(name);
    }
    table.uniques.push_back({index.name, index.constraint, std::move(columns),
                             index.plain ? index.operators : std::vector<std::string>{}, index.immediate});
  }
}

void note_foreign_keys(TargetTable& table, const ServerTable& server) {
  for (const auto& key : server.foreign_keys) {
    const bool self = key.outgoing && key.incoming;
    if (!self && key.outgoing)
      table.parents.insert(table.parents.end(), key.parents.begin(), key.parents.end());
    if (!key.incoming) continue;
    table.referenced = true;
    table.references_itself |= self;
    table.restricted |= key.on_delete == 'r';
    const auto columns = quoted(key.columns);
    table.referenced_columns.insert(columns.begin(), columns.end());
    const auto acts = [](char action) { return action != 'a' && action != 'r'; };
    const bool beside_key = std::any_of(columns.begin(), columns.end(),
                                        [&](const auto& column) { return !table.has_in_key(column); });
    const bool on_update = acts(key.on_update) && beside_key;
    if (!acts(key.on_delete) && !on_update) continue;
    for (const auto& child : key.children) {
      table.incoming.push_back({quote_name(child.schema, child.table), child.oid, child.below,
                                quoted(key.child_columns), columns, self, acts(key.on_delete), on_update});
    }
  }
}

}  // namespace

void refuse_shared_targets(const TargetOptions& options, const std::vector<SourceTable>& sources) {
  std::map<std::string, const SourceTable*> taken;
  for (const auto& source : sources) {
    const std::string name = target_name(options, source);
    const auto [first, fresh] = taken.emplace(lower(name), &source);
    if (fresh) continue;
    throw table_fault(source, "target_shared",
                      "tables '" + first->second->name + "' and '" + source.name +
                          "' would both be written to " + options.schema + "." + name,
                      "give one of them another name in tables.rules." + source.name + ".target");
  }
}

std::vector<ServerSurvey> survey_targets(Session& session, const TargetOptions& options,
                                         const std::vector<SourceTable>& sources) {
  std::vector<std::string> names;
  for (const auto& source : sources) names.push_back(target_name(options, source));
  return survey_server(session, options.schema, names);
}

std::optional<TargetTable> find_target(Session& session, const TargetOptions& options,
                                       const SourceTable& source) {
  return find_target(session, options, source, survey_targets(session, options, {source}).front());
}

std::optional<TargetTable> find_target(const Session& session, const TargetOptions& options,
                                       const SourceTable& source, const ServerSurvey& survey) {
  if (!survey.table) {
    (void)pick(survey.names, target_name(options, source), "table");  // throws where several are meant
    return std::nullopt;
  }
  const ServerTable& server = *survey.table;
  const TableRule& rule = rule_of(options.rules, source.name);
  TargetTable table;
  table.source = source;
  table.name = quote_name(options.schema, server.name);
  table.display_name = options.schema + "." + server.name;
  table.oid = server.oid;
  table.below = server.below;
  table.partitioned = server.kind == 'p';
  table.has_triggers = server.has_triggers;
  table.may_swallow = server.may_swallow;
  refuse_unwritable(session, options, table, server);
  refuse_too_many_columns(source);
  match_columns(table, server, options);
  for (const auto& [column, new_name] : rule.rename) refuse_unknown(table, "rename", column);
  apply_type_rules(table, rule);
  note_unwritten(table, server);
  refuse_required(table, server);
  match_key(table, server);
  note_uniques(table, server);
  note_foreign_keys(table, server);
  return table;
}

}  // namespace sluice::applier
