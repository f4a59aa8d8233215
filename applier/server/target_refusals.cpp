#include "applier/server/target_refusals.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

const char* name_of(char kind) {
  switch (kind) {
    case 'v':
      return "a view";
    case 'm':
      return "a materialized view";
    default:
      return "a foreign table";
  }
}

std::string rule_hint(const TargetTable& table) {
  return "name another table in tables.rules." + table.source.name +
         ".target, or leave it out with tables.exclude";
}

void refuse_no_table(const TargetTable& table, const ServerTable& server) {
  if (server.kind == 'r' || server.kind == 'p') return;
  throw table_fault(table.source, "not_a_table",
                    table.display_name + " is " + name_of(server.kind) +
                        ", where nothing says that a row that is written arrives",
                    rule_hint(table));
}

void refuse_rules(const Session& session, const TargetTable& table, const ServerTable& server) {
  if (server.replaced_by.empty()) return;
  std::vector<std::string> disabled;
  for (const auto& rule : server.replaced_by) disabled.push_back("DISABLE RULE " + quote_name(rule));
  std::string hint = "ALTER TABLE " + table.name + " " + join(disabled, ", ") + ";";
  if (session.mode() == ApplyMode::ordinary) {
    hint +=
        " or, to leave the server's rules and triggers out of the mirror, GRANT SET ON PARAMETER "
        "session_replication_role TO " +
        session.role() + "; (Postgres 15+)";
  }
  throw table_fault(table.source, "rules_instead",
                    table.display_name + " has rules that do something else instead of what is written: " +
                        join(server.replaced_by, ", "),
                    hint);
}

void refuse_row_security(const Session& session, const TargetTable& table, const ServerTable& server) {
  if (!server.row_security) return;
  const std::string release = server.owned ? "ALTER TABLE " + table.name + " NO FORCE ROW LEVEL SECURITY;"
                                           : "ALTER TABLE " + table.name + " OWNER TO " + session.role() +
                                                 "; (now " + server.owner + "), or ALTER TABLE " +
                                                 table.name + " DISABLE ROW LEVEL SECURITY;";
  ApplyError error =
      table_fault(table.source, "row_security",
                  "row-level security of " + table.display_name + " applies to the role " + session.role() +
                      ", which would hide rows and writes without a word",
                  "as a superuser: ALTER ROLE " + session.role() + " BYPASSRLS; or as the owner: " + release +
                      " A policy is not enough, for it is asked to hide nothing (row_security = off)");
  error.sqlstate = "42501";
  throw error;
}

/// Asked before the first write, so that a missing right is named with the GRANT and not met row by row.
void refuse_missing_rights(const Session& session, const TargetOptions& options, const TargetTable& table,
                           const ServerTable& server) {
  if (server.schema_usable && server.writable) return;
  ApplyError error = table_fault(
      table.source, "no_rights",
      "the role " + session.role() + " may not read and write " + table.display_name,
      server.schema_usable
          ? grant_sql(table, session.role())
          : "GRANT USAGE ON SCHEMA " + quote_name(options.schema) + " TO " + session.role() + ";");
  error.sqlstate = "42501";
  throw error;
}

}  // namespace

ApplyError table_fault(const capture::SourceTable& source, const char* code, const std::string& message,
                       const std::string& hint) {
  ApplyError error(Fault::table, message);
  error.code = code;
  error.table = source.name;
  error.hint = hint;
  return error;
}

void refuse_unwritable(const Session& session, const TargetOptions& options, const TargetTable& table,
                       const ServerTable& server) {
  refuse_no_table(table, server);
  refuse_missing_rights(session, options, table, server);
  refuse_row_security(session, table, server);
  refuse_rules(session, table, server);
}

void refuse_too_many_columns(const capture::SourceTable& source) {
  constexpr std::size_t kMost = 1597;
  if (source.columns.size() <= kMost) return;
  throw table_fault(
      source, "too_many_columns",
      "table '" + source.name + "' has " + std::to_string(source.columns.size()) +
          " columns; Postgres holds 1600 a table, of which a comparison needs three",
      "leave the table out with tables.exclude, or some of its columns: columns in tables.rules");
}

void refuse_required(const TargetTable& table, const ServerTable& server) {
  if (table.required.empty() || server.may_fill) return;
  std::vector<std::string> released;
  for (const auto& column : table.required) released.push_back("ALTER COLUMN " + column + " DROP NOT NULL");
  ApplyError error =
      table_fault(table.source, "column_required",
                  table.display_name + " wants a value in " + join(table.required, ", ") +
                      ", which SQLite has no column for, so every insert would be refused",
                  "ALTER TABLE " + table.name + " " + join(released, ", ") +
                      "; or give it a default, or drop it if it has been dropped or renamed in SQLite");
  error.sqlstate = "23502";
  throw error;
}

void refuse_fixed(const TargetTable& table, const TargetColumn& column) {
  throw table_fault(
      table.source, "column_fixed",
      "column " + column.name + " of " + table.display_name +
          " is GENERATED ALWAYS AS IDENTITY and can't be changed, as the one in SQLite can",
      "ALTER TABLE " + table.name + " ALTER COLUMN " + column.name + " SET GENERATED BY DEFAULT;");
}

}  // namespace sluice::applier
