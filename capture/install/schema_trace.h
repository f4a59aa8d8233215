#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace sluice::capture {

/// What the application's schema looked like when install last looked. A unique index that is there for one
/// statement, a column that is dropped and added again, a trigger that comes and goes: each changes rows past
/// our triggers and leaves both tables and triggers as they were. Only the schema's version has counted it:
/// every statement that changes the schema raises it by one.
struct SchemaTrace {
  struct Object {
    std::string table;       ///< that it belongs to; a table to itself
    std::uint64_t text = 0;  ///< fingerprint
    std::int64_t columns = 0;
    bool operator==(const Object&) const = default;
  };
  using Name = std::pair<std::string, std::string>;  ///< type and name

  std::int64_t version = 0;
  std::map<Name, Object> objects;
};

/// The schema as it is; what is ours and what is SQLite's own is left out.
SchemaTrace schema_trace(SQLite::Database& database);

/// What was stored; nothing in a file that an older Sluice has installed, or where somebody has written
/// something else there.
std::optional<SchemaTrace> stored_trace(SQLite::Database& database);
void store_trace(SQLite::Database& database, const SchemaTrace& trace);

/// Has something come and gone between two looks? Yes, where the version has moved by more than the fewest
/// steps that explain the differences; one more is none, because VACUUM takes one and what comes and goes
/// takes two. Said too often rather than not: several tables rebuilt at once look like it. `rebuilt` are
/// tables that another one has taken the place of; `steps` is what else is known to have happened. Pure.
bool something_came_and_went(const SchemaTrace& before, const SchemaTrace& after,
                             const std::set<std::string>& rebuilt, std::int64_t steps = 0);

}  // namespace sluice::capture
