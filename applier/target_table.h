#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "applier/convert.h"
#include "applier/options.h"
#include "applier/session.h"
#include "capture/change.h"

/// The Postgres tables that the source's tables are written to.
namespace sluice::applier {

/// A column of the target that a source column is written to.
struct TargetColumn {
  std::string name;
  std::string type;         ///< with its modifiers: varchar(64)
  std::string cast_type;    ///< what a literal may be cast to without being cut silently: varchar
  std::string compared_as;  ///< what both sides are cast to where images are compared; empty: nothing
  TypeKind kind = TypeKind::other;
  std::size_t source = 0;  ///< index into SourceTable::columns
};

/// A foreign key of another table (or its own) that points here and would change rows there on a delete.
struct IncomingAction {
  std::string child;                       ///< quoted, qualified
  std::vector<std::string> child_columns;  ///< quoted, in the order of `columns`
  std::vector<std::string> columns;        ///< quoted columns of this table
  bool self = false;
};

/// A source table and the table it is written to.
struct TargetTable {
  capture::SourceTable source;
  std::string name;          ///< quoted, qualified
  std::string display_name;  ///< public.packages
  std::vector<TargetColumn> columns;
  std::vector<std::size_t> key;       ///< indexes into columns
  std::vector<std::string> required;  ///< quoted columns that want a value and that the source does not have
  bool key_is_unique = false;    ///< the server keeps the key unique at once, so a row that exists is refused
  bool identity_always = false;  ///< inserts say OVERRIDING SYSTEM VALUE
  bool has_triggers = false;     ///< the server's own row triggers would fire in ordinary mode
  std::vector<IncomingAction> incoming;  ///< with CASCADE, SET NULL or SET DEFAULT on delete
  bool referenced = false;               ///< any foreign key points here
  bool references_itself = false;
  std::vector<unsigned> parents;  ///< oids of tables that its foreign keys point at
  unsigned oid = 0;

  std::vector<std::string> key_names() const;     ///< quoted
  std::vector<std::string> column_names() const;  ///< quoted, in order
};

/// Finds the target of a source table: by exact name, else by a unique match without regard to case; nothing
/// where there is none. Throws ApplyError (table) where it doesn't fit, with the DDL that would make it fit.
std::optional<TargetTable> find_target(Session& session, const TargetOptions& options,
                                       const capture::SourceTable& source);

/// The DDL for a table that is missing: names by the options, types by the declared types, primary key, NOT
/// NULL.
std::string create_table_sql(const TargetOptions& options, const capture::SourceTable& source);

/// The rights that replication needs on a table, as the statement that gives them.
std::string grant_sql(const TargetTable& table, const std::string& role);

/// A source name as the target spells it: as it is, in lower case, or in snake case.
std::string spell(std::string_view name, Identifiers identifiers);

/// The Postgres type for a declared SQLite type, where Sluice makes the table.
std::string type_for(std::string_view declared_type);

/// Tables so that those a foreign key points at come first; members of a cycle in the order given.
std::vector<TargetTable> parents_first(std::vector<TargetTable> tables);

}  // namespace sluice::applier
