#pragma once

#include <string>
#include <vector>

#include "applier/design/table_design.h"
#include "applier/server/session.h"

/// What a server has otherwise than a design.
namespace sluice::applier {

struct SchemaDifference {
  std::string source;  ///< the table in SQLite
  std::string table;   ///< on the server, as people read it
  std::string
      kind;  ///< a stable word: missing_table, missing_column, extra_column, type, not_null, nullable,
             ///< default, identity, key, missing_index, missing_foreign_key, not_validated, missing_check
  std::string what;  ///< in words
  std::string ddl;   ///< what would make it as designed, ends in a semicolon; may be empty
};

/// Has the server make the design in the session's temporary schema, words both sides alike, and rolls back.
/// What only the server has is told of columns alone: indexes and constraints of its own are its owner's.
/// Throws ApplyError.
std::vector<SchemaDifference> differences(Session& session, const std::vector<TableDesign>& designs);

}  // namespace sluice::applier
