#pragma once

#include <string>
#include <vector>

#include "applier/design/table_design.h"

/// A design as the statements that make it. Pure; none of them ends in a semicolon.
namespace sluice::applier {

enum class Repeat { refused, harmless };

/// The table with its key, NOT NULL, defaults, checks and unique constraints.
std::string create_table_sql(const TableDesign& table, Repeat repeat = Repeat::refused);

/// What is kept with its columns for people to read.
std::vector<std::string> comments_sql(const TableDesign& table);

/// A comment of SQL, which no line break in a name of the source ends.
std::string comment_line(std::string text);

/// A column as CREATE TABLE and ADD COLUMN take it.
std::string column_sql(const DesignedColumn& column);

/// A foreign key as ALTER TABLE ... ADD takes it.
std::string foreign_key_sql(const TableDesign& table, const DesignedForeignKey& key);

/// Where there is one of that name, it is left alone.
std::string create_index_sql(const TableDesign& table, const DesignedIndex& index);

std::string drop_index_sql(const TableDesign& table, const std::string& name);

/// Where the table has one of that name, it is left alone.
enum class Validity { checked, not_yet };
std::string add_foreign_key_sql(const TableDesign& table, const DesignedForeignKey& key, Validity validity);

/// Has the rows checked that were there before it.
std::string validate_foreign_key_sql(const TableDesign& table, const DesignedForeignKey& key);

/// All of it, for people and for psql: tables, then indexes, then foreign keys, with the remarks as comments.
/// Can be run again.
std::string script(const std::vector<TableDesign>& tables);

/// Tells whether a table is still to be made the same way.
std::string fingerprint(const TableDesign& table);

/// The same of its indexes and foreign keys alone.
std::string index_fingerprint(const TableDesign& table);

/// A statement of ours as a remedy names it: it breaks its lines between columns, and messages have one line.
std::string in_one_line(const std::string& statement);

/// The DDL for a table of which no more is known than how to read its rows.
std::string create_table_sql(const TargetOptions& options, const capture::SourceTable& source);

}  // namespace sluice::applier
