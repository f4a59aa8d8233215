#pragma once

#include "capture/schema/table_schema.h"
#include "capture/source_types.h"

namespace sluice::capture {

/// Marks what the owner leaves out of a table: columns, and the condition that its rows have to meet. Throws
/// SourceError "rule_refused" for a column that is not there or belongs to the key, and for a condition that
/// is not one expression over the row's own columns.
void choose(SQLite::Database& database, TableSchema& table, const TableChoice& choice);

/// The condition as an expression that is 1 or 0, and of which no index is tempted: "1" where there is none.
std::string condition_sql(const std::string& where);

}  // namespace sluice::capture
