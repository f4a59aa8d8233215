#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "applier/values/convert.h"
#include "applier/values/declared_type.h"
#include "applier/values/names.h"
#include "applier/values/options.h"
#include "applier/values/type_rule.h"
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
  std::size_t source = 0;                           ///< index into SourceTable::columns
  TypeRule rule;                                    ///< how the owner says that its values are to be read
  int modifier = -1;                                ///< of the type, domains resolved; see ColumnType
  TypeRule::Kind unit = TypeRule::Kind::automatic;  ///< what its numbers have been proven to count

  bool folded = false;    ///< of the key: source and target both call spellings in another ASCII case equal
  bool bytewise = false;  ///< texts are sorted by their bytes

  ColumnType converted_as() const { return {kind, modifier, rule, unit}; }
};

/// A foreign key of another table (or its own) that points here and by which the server would change rows
/// there: CASCADE, SET NULL or SET DEFAULT.
struct IncomingAction {
  std::string child;  ///< quoted, qualified
  unsigned child_oid = 0;
  std::vector<unsigned> child_partitions;  ///< oids
  std::vector<std::string> child_columns;  ///< quoted, in the order of `columns`
  std::vector<std::string> columns;        ///< quoted columns of this table
  bool self = false;
  bool on_delete = true;   ///< when a row here is deleted
  bool on_update = false;  ///< when its `columns` change; never those of the key, which is not updated
};

/// A unique index or exclusion constraint besides the one on exactly the key.
struct UniqueIndex {
  std::string name;
  std::string constraint;            ///< empty for a bare index
  std::vector<std::string> columns;  ///< quoted; those of its expressions and its predicate as well
  std::vector<std::string>
      operators;          ///< "OPERATOR(schema.=)", one a column; empty with expressions or a predicate
  bool immediate = true;  ///< false: deferrable, which the server does not check in replica mode
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
  bool partitioned = false;      ///< a row may find no partition: 23514 without a constraint
  bool has_triggers = false;     ///< the server's own row triggers would fire in ordinary mode
  std::vector<IncomingAction> incoming;
  bool referenced = false;                   ///< any foreign key points here
  bool restricted = false;                   ///< one with ON DELETE RESTRICT
  std::set<std::string> referenced_columns;  ///< quoted; those that foreign keys point at
  std::vector<UniqueIndex> uniques;
  std::set<std::string> nullable;        ///< quoted columns that take NULL
  std::vector<std::string> server_only;  ///< quoted columns that have values of the server's own
  bool may_swallow = false;              ///< a trigger that fires in this mode may make a write do nothing
  bool references_itself = false;
  std::vector<unsigned> parents;  ///< oids of tables that its foreign keys point at
  unsigned oid = 0;
  std::vector<unsigned> below;  ///< oids: its own, and those of its partitions and heirs

  std::vector<std::string> key_names() const;        ///< quoted
  std::vector<std::string> column_names() const;     ///< quoted, in order
  bool writes(const std::string& column) const;      ///< quoted
  bool has_in_key(const std::string& column) const;  ///< quoted
};

/// The rights that replication needs on a table, as the statement that gives them.
std::string grant_sql(const TargetTable& table, const std::string& role);

/// Tables so that those a foreign key points at come first; members of a cycle in the order given.
std::vector<TargetTable> parents_first(std::vector<TargetTable> tables);

}  // namespace sluice::applier
