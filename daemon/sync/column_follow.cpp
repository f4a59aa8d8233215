#include "daemon/sync/column_follow.h"

#include <algorithm>
#include <optional>

#include "applier/design/alter_ddl.h"
#include "applier/design/table_design.h"
#include "applier/server/target_table.h"
#include "applier/values/names.h"

namespace sluice::daemon {
namespace {

using applier::ColumnChange;
using applier::ServerColumn;
using Kind = ColumnChange::Kind;

std::string lower(const std::string& name) {
  return applier::spell(name, applier::Identifiers::lower);
}

/// By its exact name, else by one that differs in case only.
const ServerColumn* find_column(const applier::ServerTable& server, const std::string& name) {
  const auto by = [&](auto same) {
    const auto found = std::find_if(server.columns.begin(), server.columns.end(), same);
    return found == server.columns.end() ? nullptr : &*found;
  };
  const auto* exact = by([&](const ServerColumn& each) { return each.name == name; });
  return exact != nullptr ? exact : by([&](const auto& each) { return lower(each.name) == lower(name); });
}

class ColumnFollower {
 public:
  explicit ColumnFollower(const ColumnFollow& follow)
      : follow_(follow), alter_(follow.options.schema, follow.place) {
    before_.name = follow.before;
  }

  std::optional<SchemaStep> step(const ColumnChange& change) const {
    switch (change.kind) {
      case Kind::dropped:
        return dropped(change);
      case Kind::renamed:
        return renamed(change);
      case Kind::added:
        return follow_.mirrors ? added(change) : std::nullopt;
      default:
        return follow_.mirrors ? altered(change) : std::nullopt;
    }
  }

 private:
  const ServerColumn* on_server(const std::string& target_name) const {
    return find_column(follow_.server, target_name);
  }
  std::string name_now(const std::string& column) const {
    return applier::target_column_name(follow_.options, follow_.now, column);
  }
  std::string name_before(const std::string& column) const {
    return applier::target_column_name(follow_.options, before_, column);
  }

  std::string column_text(const std::string& column) const {
    return "column '" + column + "' of table '" + follow_.now.name + "'";
  }

  SchemaStep step_to(const char* code, const std::string& what, const std::string& ddl) const {
    return {.code = code, .table = follow_.now.name, .what = what, .ddl = ddl, .otherwise = {}};
  }

  /// Does another column of the source go there by now?
  bool is_written(const ServerColumn& column) const {
    const auto& columns = follow_.now.columns;
    return std::any_of(columns.begin(), columns.end(), [&](const capture::SourceColumn& each) {
      return lower(name_now(each.name)) == lower(column.name);
    });
  }

  std::optional<SchemaStep> dropped(const ColumnChange& change) const {
    const auto* column = on_server(name_before(change.before));
    if (column == nullptr || is_written(*column)) return std::nullopt;
    return step_to("column_dropped", column_text(change.before) + " was dropped in SQLite",
                   alter_.drop(column->name));
  }

  std::optional<SchemaStep> renamed(const ColumnChange& change) const {
    const auto* column = on_server(name_before(change.before));
    const std::string name = name_now(change.after);
    if (column == nullptr || on_server(name) != nullptr) return std::nullopt;
    return step_to("column_renamed",
                   column_text(change.before) + " was renamed to '" + change.after + "' in SQLite",
                   alter_.rename(column->name, name));
  }

  std::optional<SchemaStep> added(const ColumnChange& change) const {
    if (on_server(name_now(change.after)) != nullptr) return std::nullopt;
    return step_to(
        "column_missing", column_text(change.after) + " was added in SQLite",
        alter_.add(applier::column_definition(follow_.options, follow_.now, *column_named(change.after))));
  }

  /// Another type only where Sluice has chosen the former one; the key keeps its own.
  std::optional<SchemaStep> altered(const ColumnChange& change) const {
    const auto* column = on_server(name_before(change.before));
    if (column == nullptr || column->in_key || column->generated) return std::nullopt;
    const std::string name = name_now(change.after);
    if (change.kind == Kind::made_nullable && column->not_null)
      return step_to("column_made_nullable", column_text(change.after) + " takes NULL in SQLite",
                     alter_.drop_not_null(name));
    if (!follow_.made) return std::nullopt;
    if (change.kind == Kind::retyped) return retyped(change, name);
    if (change.kind != Kind::made_required || column->not_null) return std::nullopt;
    SchemaStep step = step_to("column_made_required", column_text(change.after) + " takes no NULL in SQLite",
                              alter_.set_not_null(name));
    step.may_refuse = true;
    return step;
  }

  /// The values come anew when the table is compared. Those that are there only save work, so they may go.
  SchemaStep retyped(const ColumnChange& change, const std::string& name) const {
    const std::string type = applier::column_type(follow_.options, follow_.now, *column_named(change.after));
    SchemaStep step = step_to("column_retyped", column_text(change.after) + " has another type in SQLite",
                              alter_.retype(name, type));
    step.otherwise = alter_.retype_empty(name, type);
    step.may_refuse = true;
    return step;
  }

  const capture::SourceColumn* column_named(const std::string& name) const {
    const auto& columns = follow_.now.columns;
    return &*std::find_if(columns.begin(), columns.end(),
                          [&](const capture::SourceColumn& each) { return each.name == name; });
  }

  const ColumnFollow& follow_;
  applier::AlterColumns alter_;
  capture::SourceTable before_;  ///< nothing but its name, by which the owner's rules are found
};

}  // namespace

std::vector<SchemaStep> column_steps(const ColumnFollow& follow, const std::vector<ColumnChange>& changes) {
  const ColumnFollower follower(follow);
  std::vector<SchemaStep> steps;
  for (const auto& change : changes) {
    if (auto step = follower.step(change)) steps.push_back(std::move(*step));
  }
  return steps;
}

}  // namespace sluice::daemon
