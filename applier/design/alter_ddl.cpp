#include "applier/design/alter_ddl.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

std::string alter(const std::string& column) {
  return "ALTER COLUMN " + quote_name(column) + " ";
}

}  // namespace

std::string drop_tables_sql(const std::string& schema, const std::vector<std::string>& tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(quote_name(schema, table));
  return "DROP TABLE " + join(names, ", ") + ";";
}

std::string rename_table_sql(const std::string& schema, const std::string& table, const std::string& name) {
  return "ALTER TABLE " + quote_name(schema, table) + " RENAME TO " + quote_name(name) + ";";
}

std::string drop_constraint_sql(const std::string& schema, const std::string& table,
                                const std::string& constraint) {
  return "ALTER TABLE " + quote_name(schema, table) + " DROP CONSTRAINT " + quote_name(constraint) + ";";
}

AlterColumns::AlterColumns(std::string_view schema, std::string_view table)
    : table_(quote_name(schema, table)) {
}

std::string AlterColumns::statement(const std::string& actions) const {
  return "ALTER TABLE " + table_ + " " + actions + ";";
}

std::string AlterColumns::add(const std::string& definition) const {
  return statement("ADD COLUMN " + definition);
}

std::string AlterColumns::drop(const std::string& column) const {
  return statement("DROP COLUMN " + quote_name(column));
}

std::string AlterColumns::rename(const std::string& column, const std::string& name) const {
  return statement("RENAME COLUMN " + quote_name(column) + " TO " + quote_name(name));
}

std::string AlterColumns::drop_not_null(const std::string& column) const {
  return statement(alter(column) + "DROP NOT NULL");
}

std::string AlterColumns::set_not_null(const std::string& column) const {
  return statement(alter(column) + "SET NOT NULL");
}

std::string AlterColumns::retype(const std::string& column, const std::string& type) const {
  return statement(alter(column) + "DROP DEFAULT, " + alter(column) + "TYPE " + type + " USING " +
                   quote_name(column) + "::" + type);
}

std::string AlterColumns::retype_empty(const std::string& column, const std::string& type) const {
  return statement(alter(column) + "DROP DEFAULT, " + alter(column) + "DROP NOT NULL, " + alter(column) +
                   "TYPE " + type + " USING NULL");
}

std::string AlterColumns::retype_without_rows(const std::string& column, const std::string& type) const {
  return statement(alter(column) + "DROP DEFAULT, " + alter(column) + "TYPE " + type + " USING NULL");
}

}  // namespace sluice::applier
