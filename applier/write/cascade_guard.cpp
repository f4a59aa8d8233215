#include "applier/write/cascade_guard.h"

#include <algorithm>

#include "applier/values/identifiers.h"
#include "applier/write/write_sql.h"

namespace sluice::applier {
namespace {

/// The tables of the batch that rows of the action's child may belong to.
std::vector<const StagedTable*> children_of(const IncomingAction& action,
                                            const std::vector<StagedTable>& tables) {
  std::vector<const StagedTable*> found;
  for (const auto& staged : tables) {
    if (shares_rows(*staged.table, action)) found.push_back(&staged);
  }
  return found;
}

/// One foreign key and what it would do.
class Guard {
 public:
  Guard(const StagedTable& parent, const IncomingAction& action, std::vector<const StagedTable*> children,
        const Places& places)
      : staged_(parent),
        parent_(*parent.table),
        action_(action),
        children_(std::move(children)),
        places_(places) {}

  std::string on_delete(const std::string& state_schema) const {
    return refuse("s.sluice_gone", state_schema);
  }

  std::string on_update(const std::string& state_schema) const {
    const std::string changed = reference_changes(parent_, action_);
    if (changed.empty()) return {};
    return refuse("NOT s.sluice_gone AND (" + changed + ")", state_schema);
  }

 private:
  std::string refuse(const std::string& condition, const std::string& state_schema) const {
    const std::string about_to_change = " JOIN " + staged_.stage + " AS s ON " + key_join(parent_, "t", "s") +
                                        " AND " + condition + " AND " + within(staged_, "s", places_);
    std::string rows = "(SELECT count(*) FROM " + action_.child + " AS c JOIN " + parent_.name + " AS t ON " +
                       points_at(action_, "c") + about_to_change;
    const char* conjunction = " WHERE ";
    for (const auto* child : children_) {
      rows += conjunction + ("NOT EXISTS (SELECT 1 FROM " + child->stage) + " AS n WHERE " +
              key_join(*child->table, "c", "n") + only_rows_of(*child->table, action_) + " AND " +
              within(*child, "n", places_) + " AND " + turned_away(*child->table) + ")";
      conjunction = " AND ";
    }
    rows += ")";
    for (const auto* child : children_) {
      if (!writes_pointer(*child->table)) continue;
      rows += "+(SELECT count(*) FROM " + child->stage + " AS n JOIN " + parent_.name + " AS t ON " +
              points_at(action_, "n") + about_to_change + " WHERE NOT n.sluice_gone AND " +
              within(*child, "n", places_) + ")";
    }
    return "SELECT " + quote_name(state_schema) + ".refuse_cascade(" + rows + "," +
           quote_literal(action_.child) + ")";
  }

  bool writes_pointer(const TargetTable& child) const {
    return std::all_of(action_.child_columns.begin(), action_.child_columns.end(),
                       [&](const auto& column) { return child.writes(column); });
  }

  std::string turned_away(const TargetTable& child) const {
    std::vector<std::string> turned{"n.sluice_gone"};
    for (std::size_t i = 0; i < action_.child_columns.size(); ++i) {
      if (!child.writes(action_.child_columns[i])) continue;
      turned.push_back("n." + action_.child_columns[i] + " IS DISTINCT FROM t." + action_.columns[i]);
    }
    return "(" + join(turned, " OR ") + ")";
  }

  const StagedTable& staged_;
  const TargetTable& parent_;
  const IncomingAction& action_;
  std::vector<const StagedTable*> children_;
  const Places& places_;
};

}  // namespace

std::vector<std::string> cascade_guards(const StagedTable& parent, const std::vector<StagedTable>& tables,
                                        const Places& places, const std::string& state_schema) {
  std::vector<std::string> statements;
  for (const auto& action : parent.table->incoming) {
    const Guard guard(parent, action, children_of(action, tables), places);
    if (action.on_delete) statements.push_back(guard.on_delete(state_schema));
    if (!action.on_update) continue;
    if (auto check = guard.on_update(state_schema); !check.empty()) statements.push_back(std::move(check));
  }
  return statements;
}

}  // namespace sluice::applier
