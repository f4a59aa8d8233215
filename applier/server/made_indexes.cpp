#include "applier/server/made_indexes.h"

#include "applier/design/table_ddl.h"
#include "applier/values/identifiers.h"
#include "applier/values/names.h"

namespace sluice::applier {
namespace {

constexpr std::string_view kMadeBySluice = "made by Sluice ";

/// The oid of what has this name in the table's schema, or NULL.
std::string oid_of(const TableDesign& table, const std::string& name) {
  return "to_regclass(" + quote_literal(quote_name(table.schema, name)) + ")";
}

}  // namespace

std::string index_mark(const TableDesign& table, const DesignedIndex& index) {
  return mark_of(create_index_sql(table, index));
}

std::string make_index_sql(const TableDesign& table, const DesignedIndex& index) {
  return create_index_sql(table, index) + "; COMMENT ON INDEX " + quote_name(table.schema, index.name) +
         " IS " + quote_literal(std::string(kMadeBySluice) + index_mark(table, index));
}

std::map<std::string, std::string> made_indexes(Session& session, const TableDesign& table) {
  const auto rows =
      session.exec("SELECT c.relname, substr(d.description, " + std::to_string(kMadeBySluice.size() + 1) +
                   ") FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                   " JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0"
                   " AND d.classoid = 'pg_catalog.pg_class'::regclass WHERE i.indrelid = " +
                   oid_of(table, table.name) + " AND starts_with(d.description, " +
                   quote_literal(std::string(kMadeBySluice)) + ")");
  std::map<std::string, std::string> indexes;
  for (const auto& row : rows) indexes.emplace(row[0].as<std::string>(), row[1].as<std::string>());
  return indexes;
}

NameHolder holder_of(Session& session, const TableDesign& table, const std::string& name) {
  const std::string wanted = oid_of(table, name);
  const auto row =
      session.exec("SELECT " + wanted + " IS NULL, EXISTS (SELECT 1 FROM pg_catalog.pg_index WHERE" +
                   " indexrelid = " + wanted + " AND indrelid = " + oid_of(table, table.name) + ")")[0];
  if (row[0].as<bool>()) return NameHolder::nobody;
  return row[1].as<bool>() ? NameHolder::index_of_the_table : NameHolder::another;
}

}  // namespace sluice::applier
