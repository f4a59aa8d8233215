#pragma once

#include <optional>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/values/type_kind.h"

/// What the server says of a table, before anybody judges it. Names are as the catalog has them, not quoted.
namespace sluice::applier {

struct ServerColumn {
  std::string name;
  std::string type;  ///< with its modifiers: varchar(64)
  TypeKind kind = TypeKind::other;
  std::string base_type;  ///< its name, domains resolved
  int modifier = -1;      ///< of the base type
  bool is_enum = false;
  bool modified = false;  ///< a domain, or with a modifier that rounds or cuts: numeric(10,2)
  bool generated = false;
  bool identity_always = false;
  bool deterministic = true;  ///< its collation calls different texts different
  bool bytewise = false;      ///< its collation sorts texts by their bytes
  bool not_null = false;      ///< by itself or by its domain
  bool has_default = false;   ///< identity included
  bool in_key = false;        ///< of the primary key
};

/// A unique index or an exclusion constraint.
struct ServerIndex {
  std::string name;
  std::string constraint;  ///< empty for a bare index
  bool immediate = true;
  bool whole = false;                  ///< unique over the whole table: valid, and not of a single partition
  bool plain = false;                  ///< neither expressions nor a condition
  std::vector<std::string> columns;    ///< what it is made of, expressions left out
  std::vector<std::string> used;       ///< by expressions and the condition
  std::vector<std::string> operators;  ///< of equality or exclusion, quoted: OPERATOR(pg_catalog.=)
};

/// A table whose rows a foreign key speaks of.
struct ServerChild {
  unsigned oid = 0;
  std::string schema;
  std::string table;
  std::vector<unsigned> below;  ///< oids of its partitions
};

/// Of the table itself, of the partitioned tables above it, or of a partition or an heir below it.
struct ServerForeignKey {
  bool outgoing = false;          ///< rows here point at others
  bool incoming = false;          ///< rows here are pointed at; both, where they point at one another
  std::vector<unsigned> parents;  ///< oids: what is pointed at, and what lies above and below it
  char on_update = 'a';
  char on_delete = 'a';  ///< as pg_constraint.confdeltype: c(ascade), n(ull), d(efault), r(estrict), a (none)
  std::vector<ServerChild>
      children;  ///< together all the rows that point; several where only they can be read
  std::vector<std::string> child_columns;
  std::vector<std::string> columns;
};

struct ServerTable {
  std::string name;
  unsigned oid = 0;
  std::vector<unsigned> below;  ///< oids: its own, its partitions' and its heirs'
  char kind = 'r';              ///< as pg_class.relkind: r, p(artitioned), v(iew), m(aterialized), f(oreign)
  std::string owner;            ///< quoted
  bool owned = false;           ///< by this role
  bool schema_usable = false;
  bool writable = false;
  bool row_security = false;             ///< policies apply to this role
  std::vector<std::string> replaced_by;  ///< rules that fire in this session and do something else instead
  bool has_triggers = false;
  bool may_swallow = false;  ///< a BEFORE ROW trigger fires in this session
  bool may_fill = false;     ///< one of them before inserts
  std::vector<ServerColumn> columns;
  std::vector<ServerIndex> uniques;
  std::vector<ServerForeignKey> foreign_keys;  ///< in both directions
};

/// The answer to a name: its spellings that there are, and the table that is meant.
struct ServerSurvey {
  std::vector<std::string> names;
  std::optional<ServerTable> table;  ///< nothing where there is none, or several and none is exact
};

/// Looks tables up by their exact names, else by the only one that differs in case alone: an answer a name,
/// in their order, in one round trip.
std::vector<ServerSurvey> survey_server(Session& session, const std::string& schema,
                                        const std::vector<std::string>& names);

}  // namespace sluice::applier
