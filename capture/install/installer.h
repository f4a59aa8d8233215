#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <optional>

#include "capture/source_types.h"

/// Puts our tables and triggers into the source, keeps them in order, and takes them out again.
namespace sluice::capture {

/// As Source::install(). The connection has to allow writing only when something is missing, so
/// `allow_writes` is called before the first write.
InstallReport install(SQLite::Database& database, const SourceOptions& options,
                      const std::optional<KnownHistory>& known, const std::function<void()>& allow_writes);

/// As Source::identity().
Identity identity(SQLite::Database& database);

/// As Source::missing().
std::vector<std::string> missing(SQLite::Database& database, const SourceOptions& options);

/// As Source::uninstall().
bool uninstall(SQLite::Database& database, const std::function<void()>& allow_writes);

/// As Source::preview() and Source::survey().
Catalog preview(SQLite::Database& database, const SourceOptions& options);
Catalog catalog(SQLite::Database& database, const SourceOptions& options);

}  // namespace sluice::capture
