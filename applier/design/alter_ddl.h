#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Statements by which the server follows a changed schema of the source. Pure; each ends in a semicolon.
namespace sluice::applier {

/// In one statement, since the tables may point at one another.
std::string drop_tables_sql(const std::string& schema, const std::vector<std::string>& tables);
std::string rename_table_sql(const std::string& schema, const std::string& table, const std::string& name);
std::string drop_constraint_sql(const std::string& schema, const std::string& table,
                                const std::string& constraint);

/// Changes columns of one table.
class AlterColumns {
 public:
  AlterColumns(std::string_view schema, std::string_view table);

  /// `definition` as column_definition() writes it.
  std::string add(const std::string& definition) const;
  std::string drop(const std::string& column) const;
  std::string rename(const std::string& column, const std::string& name) const;
  std::string drop_not_null(const std::string& column) const;
  std::string set_not_null(const std::string& column) const;
  /// The default goes, for it may not fit the new type.
  std::string retype(const std::string& column, const std::string& type) const;
  /// The same where the values that are there do not fit: they go as well.
  std::string retype_empty(const std::string& column, const std::string& type) const;
  /// The same of a table that has no rows, where NOT NULL may stay.
  std::string retype_without_rows(const std::string& column, const std::string& type) const;

 private:
  std::string statement(const std::string& actions) const;

  std::string table_;
};

}  // namespace sluice::applier
