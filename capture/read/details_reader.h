#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>

#include "capture/details.h"

namespace sluice::capture {

/// What the schema says of a captured table. Reads only the schema; belongs inside a read transaction.
TableDetails read_details(SQLite::Database& database, const SourceTable& table);

/// Hands over rows of a table, the same ones for the same file: the first 20,000 in the order of its key, and
/// where that is an integer as many more from places spread evenly over the rest; less where rows are large.
/// In short read transactions of its own.
void sample_rows(SQLite::Database& database, const SourceTable& table,
                 const std::function<void(const Row&)>& look);

}  // namespace sluice::capture
