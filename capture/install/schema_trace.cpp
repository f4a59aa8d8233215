#include "capture/install/schema_trace.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <sstream>

#include "capture/change.h"
#include "capture/install/sql_template.h"
#include "capture/values.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

using Name = SchemaTrace::Name;

Value text(std::string bytes) {
  return Text{std::move(bytes)};
}

std::string to_text(const SchemaTrace& trace) {
  std::string lines;
  for (const auto& [name, object] : trace.objects) {
    lines += encode({text(name.first), text(name.second), text(object.table),
                     static_cast<std::int64_t>(object.text), object.columns}) +
             '\n';
  }
  return lines;
}

/// Throws std::exception where the text is not what to_text() writes.
std::map<Name, SchemaTrace::Object> from_text(const std::string& lines) {
  std::map<Name, SchemaTrace::Object> objects;
  std::istringstream input(lines);
  for (std::string line; std::getline(input, line);) {
    const Key fields = decode_key(line);
    objects[{std::get<Text>(fields.at(0)).bytes, std::get<Text>(fields.at(1)).bytes}] = {
        std::get<Text>(fields.at(2)).bytes, static_cast<std::uint64_t>(std::get<std::int64_t>(fields.at(3))),
        std::get<std::int64_t>(fields.at(4))};
  }
  return objects;
}

/// Counts the fewest statements that can lead from one schema to the other.
class Steps {
 public:
  Steps(const SchemaTrace& before, const SchemaTrace& after, const std::set<std::string>& rebuilt)
      : before_(before), after_(after), rebuilt_(rebuilt) {}

  std::int64_t count() const {
    std::int64_t steps = 0;
    std::int64_t tables_gone = 0;
    std::int64_t tables_added = 0;
    for (const auto& [name, object] : before_.objects) {
      const auto now = after_.objects.find(name);
      const bool is_gone = now == after_.objects.end();
      if (!is_gone) steps += kept(name, object, now->second);
      if (is_gone && stands_alone(name, object)) ++tables_gone;
      if (is_gone && !stands_alone(name, object) && find(after_, object.table) != nullptr) ++steps;
    }
    for (const auto& [name, object] : after_.objects) {
      if (before_.objects.contains(name)) continue;
      ++(stands_alone(name, object) ? tables_added : steps);
    }
    return steps + std::max(tables_gone, tables_added);  // a table that is renamed is both
  }

 private:
  static bool stands_alone(const Name& name, const SchemaTrace::Object& object) {
    return name.second == object.table;
  }

  /// The table, or view, that something belongs to.
  static const SchemaTrace::Object* find(const SchemaTrace& trace, const std::string& table) {
    for (const char* type : {"table", "view"}) {
      if (const auto found = trace.objects.find({type, table}); found != trace.objects.end())
        return &found->second;
    }
    return nullptr;
  }

  std::int64_t kept(const Name& name, const SchemaTrace::Object& before,
                    const SchemaTrace::Object& after) const {
    const bool of_rebuilt = rebuilt_.contains(after.table);
    if (stands_alone(name, after)) return of_rebuilt ? kRebuild : altered(before, after);
    if (of_rebuilt) return 1;
    // The text of what belongs to a table follows when the table is altered.
    return before == after || is_altered(after.table) ? 0 : kReplace;
  }

  static std::int64_t altered(const SchemaTrace::Object& before, const SchemaTrace::Object& after) {
    if (before.text == after.text) return 0;
    return std::max<std::int64_t>(1, std::abs(after.columns - before.columns));
  }

  bool is_altered(const std::string& table) const {
    const auto* const before = find(before_, table);
    const auto* const after = find(after_, table);
    return before == nullptr || after == nullptr || before->text != after->text;
  }

  static constexpr std::int64_t kRebuild = 2;  // drop, create; or create another, drop, rename
  static constexpr std::int64_t kReplace = 2;  // drop, create

  const SchemaTrace& before_;
  const SchemaTrace& after_;
  const std::set<std::string>& rebuilt_;
};

}  // namespace

SchemaTrace schema_trace(SQLite::Database& database) {
  SchemaTrace trace;
  trace.version = database.execAndGet("PRAGMA main.schema_version").getInt64();
  SQLite::Statement rows(database, render(sql::changelog, "objects"));
  while (rows.executeStep()) {
    trace.objects[{rows.getColumn(0).getText(), rows.getColumn(1).getText()}] = {
        rows.getColumn(2).getText(), fingerprint(rows.getColumn(3).getText()), rows.getColumn(4).getInt64()};
  }
  return trace;
}

std::optional<SchemaTrace> stored_trace(SQLite::Database& database) {
  SQLite::Statement meta(database,
                         "SELECT schema_version, schema FROM _sluice_meta"
                         " WHERE typeof(schema_version) = 'integer' AND typeof(schema) = 'text'");
  if (!meta.executeStep()) return std::nullopt;
  try {
    return SchemaTrace{meta.getColumn(0).getInt64(), from_text(meta.getColumn(1).getText())};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void store_trace(SQLite::Database& database, const SchemaTrace& trace) {
  SQLite::Statement meta(database, render(sql::changelog, "trace"));
  const std::string lines = to_text(trace);
  meta.bind(1, static_cast<std::int64_t>(trace.version));
  meta.bind(2, lines);
  meta.exec();
}

bool something_came_and_went(const SchemaTrace& before, const SchemaTrace& after,
                             const std::set<std::string>& rebuilt, std::int64_t steps) {
  // What the version contradicts, somebody has written to the trace or the schema by hand.
  const bool counts_on = before.version >= 0 && before.version <= after.version;
  const bool agrees = before.version != after.version || before.objects == after.objects;
  return !counts_on || !agrees ||
         after.version - before.version > Steps(before, after, rebuilt).count() + steps + 1;
}

}  // namespace sluice::capture
