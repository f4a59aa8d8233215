#pragma once

#include <vector>

#include "capture/schema/table_schema.h"
#include "capture/source_types.h"

namespace sluice::capture {

/// The tables of a file, sorted into what can be captured and what cannot. What the configuration excludes is
/// in neither list.
struct Survey {
  std::vector<TableSchema> tables;
  std::vector<NotCaptured> left_out;
  std::vector<IdlePattern> idle_patterns;
};

/// Looks at every table of the main database. Reads only the schema; rows with NULL in the key are not seen
/// here.
Survey survey_tables(SQLite::Database& database, const SourceOptions& options);

/// Every table and view of the application, captured or not.
std::vector<std::string> table_names(SQLite::Database& database);

/// Tables with rows, or that can't be looked into, whose changes nobody captures: none of `captured`, and not
/// excluded. What holds the data of a virtual table counts as a part of it.
std::vector<std::string> uncaptured_with_rows(SQLite::Database& database, const SourceOptions& options,
                                              const std::vector<std::string>& captured);

/// Is there no table of this name, though it would be captured?
bool was_dropped(SQLite::Database& database, const std::string& table, const SourceOptions& options);

/// How many rows have a NULL in their key, which no target row could be found by. Zero where SQLite forbids
/// it.
std::int64_t count_null_keys(SQLite::Database& database, const TableSchema& table);

}  // namespace sluice::capture
