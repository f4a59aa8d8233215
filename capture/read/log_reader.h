#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>

#include "capture/source_types.h"

namespace sluice::capture {

/// As Source::recent(). Takes one read transaction of its own and ends it.
LogExcerpt read_log(SQLite::Database& database, std::optional<Position> after, std::size_t limit);

}  // namespace sluice::capture
