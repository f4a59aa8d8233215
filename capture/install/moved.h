#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>

#include "capture/source_types.h"

/// The mark that a file has moved to Postgres.
namespace sluice::capture {

/// As Source::moved().
std::optional<Moved> moved(SQLite::Database& database);

/// Throws SourceError "source_moved" where the file has moved: capture is not to be put in again.
void refuse_moved(SQLite::Database& database);

}  // namespace sluice::capture
