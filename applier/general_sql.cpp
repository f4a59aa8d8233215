#include "applier/general_sql.h"

#include <algorithm>
#include <iterator>

#include "applier/identifiers.h"
#include "applier/write_sql.h"

namespace sluice::applier {
namespace {

/// A place is a step, one a table and direction, and the row's number below it.
constexpr int kRowBits = 40;
constexpr std::int64_t kRowMask = (std::int64_t{1} << kRowBits) - 1;

std::int64_t step_of_writes(const StagedTable& table) {
  return table.rank;
}

std::int64_t step_of_deletes(const StagedTable& table) {
  return 2 * table.tables - table.rank;
}

std::string place(const StagedTable& table, const std::string& alias) {
  return "(CASE WHEN " + alias + ".sluice_gone THEN " + std::to_string(step_of_deletes(table) << kRowBits) +
         " ELSE " + std::to_string(step_of_writes(table) << kRowBits) + " END + " + alias + ".sluice_row)";
}

std::string qualified(const std::string& alias, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(alias + "." + name);
  return join(out, ",");
}

bool is_written(const TargetTable& table, const std::string& column) {
  const auto names = table.column_names();
  return std::find(names.begin(), names.end(), column) != names.end();
}

bool is_in_key(const TargetTable& table, const std::string& column) {
  const auto names = table.key_names();
  return std::find(names.begin(), names.end(), column) != names.end();
}

/// The written columns outside the key on which a unique value of the table depends: all of them where it
/// depends on a column that the server computes.
std::vector<std::string> unique_columns(const TargetTable& table) {
  std::set<std::string> columns;
  const auto all = table.column_names();
  const bool computed = std::any_of(table.uniques.begin(), table.uniques.end(), [&](const auto& unique) {
    return std::any_of(unique.columns.begin(), unique.columns.end(),
                       [&](const auto& column) { return !is_written(table, column); });
  });
  if (computed) {
    std::copy_if(all.begin(), all.end(), std::inserter(columns, columns.end()),
                 [&](const auto& column) { return !is_in_key(table, column); });
  }
  for (const auto& unique : table.uniques) {
    for (const auto& column : unique.columns) {
      if (is_written(table, column) && !is_in_key(table, column)) columns.insert(column);
    }
  }
  return {columns.begin(), columns.end()};
}

/// One nullable column of each unique index is enough to take its value out.
std::vector<std::string> columns_to_park(const TargetTable& table) {
  std::set<std::string> columns;
  for (const auto& unique : table.uniques) {
    const auto fit = std::find_if(unique.columns.begin(), unique.columns.end(), [&](const auto& column) {
      return is_written(table, column) && !is_in_key(table, column) && table.nullable.contains(column) &&
             !table.referenced_columns.contains(column);
    });
    if (fit == unique.columns.end()) return {};
    columns.insert(*fit);
  }
  return {columns.begin(), columns.end()};
}

/// The statements about one table and the rows of its stage within the places.
class TableStatements {
 public:
  TableStatements(const StagedTable& staged, const Places& places, Way way)
      : staged_(staged),
        table_(*staged.table),
        stage_(staged.stage + " AS s"),
        id_(std::to_string(staged.rank)),
        within_(place(staged, "s") + " BETWEEN " + places.first + " AND " + places.last),
        join_(key_join(table_, "t", "s")),
        way_(unique_columns(table_).empty() ? Way::plain : way) {}

  std::string park() const {
    if (way_ != Way::park) return {};
    const auto columns = columns_to_park(table_);
    std::vector<std::string> sets;
    for (const auto& column : columns) sets.push_back(column + "=NULL");
    return "UPDATE " + table_.name + " AS t SET " + join(sets, ",") + " FROM " + stage_ + " WHERE " + join_ +
           " AND " + within_ + " AND NOT s.sluice_gone AND " + yields() + " AND ROW(" +
           qualified("t", columns) + ") IS DISTINCT FROM ROW(" + nulls(columns.size()) + ")";
  }

  void add_steps(std::vector<std::string>& steps) const {
    steps.push_back(step("gone", "DELETE FROM " + table_.name + " AS t USING " + stage_ + " WHERE " + join_ +
                                     " AND " + within_ + " AND s.sluice_gone RETURNING 1"));
    if (way_ == Way::lift) {
      steps.push_back(step("lifted", "DELETE FROM " + table_.name + " AS t USING " + stage_ + " WHERE " +
                                         join_ + " AND " + within_ + " AND NOT s.sluice_gone AND " +
                                         yields() + " RETURNING t.*"));
    }
    if (const auto update = update_set(table_); !update.empty()) {
      steps.push_back(step("updated", "UPDATE " + table_.name + " AS t SET " + update + " FROM " + stage_ +
                                          " WHERE " + join_ + " AND " + within_ +
                                          " AND NOT s.sluice_gone AND " + images_differ(table_) +
                                          (way_ == Way::lift ? " AND NOT " + yields() : "") +
                                          after({"gone", "lifted"}) + " RETURNING 1"));
    }
    steps.push_back(step("added", insert_into(table_, table_.column_names()) + " SELECT " +
                                      qualified("s", table_.column_names()) + " FROM " + stage_ + " WHERE " +
                                      within_ + " AND NOT s.sluice_gone AND NOT EXISTS (SELECT 1 FROM " +
                                      table_.name + " AS t WHERE " + join_ + ")" +
                                      after({"gone", "lifted", "updated"}) + " RETURNING 1"));
    if (way_ == Way::lift) steps.push_back(step("returned", put_back()));
  }

  /// How many writes were sent and not done: counted before and after, within one statement.
  std::string count_swallowed() const {
    const std::string matched =
        " FROM " + table_.name + " AS t JOIN " + stage_ + " ON " + join_ + " WHERE " + within_ + " AND ";
    std::string sent = count(matched + "s.sluice_gone");
    std::string done = count(" FROM " + name("gone"));
    if (!update_set(table_).empty()) {
      sent += "+" + count(matched + "NOT s.sluice_gone AND " + images_differ(table_) +
                          (way_ == Way::lift ? " AND NOT " + yields() : ""));
      done += "+" + count(" FROM " + name("updated"));
    }
    sent += "+" + count(" FROM " + stage_ + " WHERE " + within_ +
                        " AND NOT s.sluice_gone AND NOT EXISTS (SELECT 1 FROM " + table_.name +
                        " AS t WHERE " + join_ + ")");
    done += "+" + count(" FROM " + name("added"));
    if (way_ == Way::lift) {
      sent += "+2*" + count(matched + "NOT s.sluice_gone AND " + yields());
      done += "+" + count(" FROM " + name("lifted")) + "+" + count(" FROM " + name("returned"));
    }
    return sent + "-(" + done + ")";
  }

  std::string written_rows() const {
    return "(SELECT * FROM " + stage_ + " WHERE " + within_ + " AND NOT s.sluice_gone) AS s";
  }

  std::string name(const std::string& step) const { return "sluice_" + step + "_" + id_; }
  const TargetTable& table() const { return table_; }
  const std::string& within() const { return within_; }

 private:
  std::string step(const std::string& step_name, const std::string& statement) const {
    return name(step_name) + " AS MATERIALIZED (" + statement + ")";
  }

  /// A part of a statement is carried out when it is read from.
  std::string after(const std::vector<std::string>& steps) const {
    std::string out;
    for (const auto& each : steps) {
      const bool there =
          (each != "lifted" || way_ == Way::lift) && (each != "updated" || !update_set(table_).empty());
      if (there) out += " AND " + count(" FROM " + name(each)) + ">=0";
    }
    return out;
  }

  static std::string count(const std::string& from) { return "(SELECT count(*)" + from + ")"; }

  static std::string nulls(std::size_t count) { return join(std::vector<std::string>(count, "NULL"), ","); }

  /// A row whose unique values change: it may hold what another row is to have.
  std::string yields() const { return images_differ(table_, unique_columns(table_)); }

  std::string put_back() const {
    auto columns = table_.column_names();
    auto values = qualified("s", columns);
    columns.insert(columns.end(), table_.server_only.begin(), table_.server_only.end());
    if (!table_.server_only.empty()) values += "," + qualified("t", table_.server_only);
    return "INSERT INTO " + table_.name + " (" + join(columns, ",") + ") OVERRIDING SYSTEM VALUE SELECT " +
           values + " FROM " + name("lifted") + " AS t JOIN " + stage_ + " ON " + join_ + " WHERE " +
           within_ + after({"gone", "updated"}) + " RETURNING 1";
  }

  const StagedTable& staged_;
  const TargetTable& table_;
  std::string stage_;
  std::string id_;
  std::string within_;
  std::string join_;
  Way way_;
};

const StagedTable* find_child(const std::vector<StagedTable>& tables, const std::string& name) {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&](const auto& staged) { return staged.table->name == name; });
  return found == tables.end() ? nullptr : &*found;
}

/// Before rows are deleted, or values change that other rows point at: the rows which the server would then
/// change by its own action though the source has kept them, or is about to write them so.
class Guard {
 public:
  Guard(const TableStatements& parent, const StagedTable& staged, const IncomingAction& action,
        const StagedTable* child, const Places& places)
      : parent_(parent), staged_(staged), action_(action), child_(child), places_(places) {}

  std::string on_delete(const std::string& state_schema) const {
    return refuse("s.sluice_gone", state_schema);
  }

  std::string on_update(const std::string& state_schema) const {
    std::vector<std::string> changed;
    for (const auto& column : action_.columns) {
      if (is_written(parent_.table(), column))
        changed.push_back("t." + column + " IS DISTINCT FROM s." + column);
    }
    if (changed.empty()) return {};
    return refuse("NOT s.sluice_gone AND (" + join(changed, " OR ") + ")", state_schema);
  }

 private:
  std::string refuse(const std::string& condition, const std::string& state_schema) const {
    const std::string about_to_change = " JOIN " + staged_.stage + " AS s ON " +
                                        key_join(parent_.table(), "t", "s") + " AND " + condition + " AND " +
                                        parent_.within();
    std::string rows = "(SELECT count(*) FROM " + action_.child + " AS c JOIN " + parent_.table().name +
                       " AS t ON " + points("c") + about_to_change;
    if (child_) {
      rows += " WHERE NOT EXISTS (SELECT 1 FROM " + child_->stage + " AS n WHERE " +
              key_join(*child_->table, "c", "n") + " AND " + child_within() + " AND " + turned_away() + ")";
    }
    rows += ")";
    if (child_ && writes_pointer()) {
      rows += "+(SELECT count(*) FROM " + child_->stage + " AS n JOIN " + parent_.table().name + " AS t ON " +
              points("n") + about_to_change + " WHERE NOT n.sluice_gone AND " + child_within() + ")";
    }
    return "SELECT " + quote_name(state_schema) + ".refuse_cascade(" + rows + "," +
           quote_literal(action_.child) + ")";
  }

  std::string points(const std::string& child) const {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < action_.columns.size(); ++i) {
      terms.push_back(child + "." + action_.child_columns[i] + "=t." + action_.columns[i]);
    }
    return join(terms, " AND ");
  }

  std::string child_within() const {
    return place(*child_, "n") + " BETWEEN " + places_.first + " AND " + places_.last;
  }

  bool writes_pointer() const {
    return std::all_of(action_.child_columns.begin(), action_.child_columns.end(),
                       [&](const auto& column) { return is_written(*child_->table, column); });
  }

  std::string turned_away() const {
    std::vector<std::string> turned{"n.sluice_gone"};
    for (std::size_t i = 0; i < action_.child_columns.size(); ++i) {
      if (!is_written(*child_->table, action_.child_columns[i])) continue;
      turned.push_back("n." + action_.child_columns[i] + " IS DISTINCT FROM t." + action_.columns[i]);
    }
    return "(" + join(turned, " OR ") + ")";
  }

  const TableStatements& parent_;
  const StagedTable& staged_;
  const IncomingAction& action_;
  const StagedTable* child_;
  const Places& places_;
};

void add_guards(std::vector<std::string>& statements, const TableStatements& parent,
                const StagedTable& staged, const std::vector<StagedTable>& tables, const Places& places,
                const std::string& state_schema) {
  for (const auto& action : staged.table->incoming) {
    const Guard guard(parent, staged, action, find_child(tables, action.child), places);
    if (action.on_delete) statements.push_back(guard.on_delete(state_schema));
    if (!action.on_update) continue;
    if (auto check = guard.on_update(state_schema); !check.empty()) statements.push_back(std::move(check));
  }
}

}  // namespace

Way way_to_yield(const TargetTable& table, ApplyMode mode) {
  if (table.uniques.empty()) return Way::plain;
  if (mode == ApplyMode::replica) return Way::lift;
  if (!columns_to_park(table).empty()) return Way::park;
  const bool cascades = std::any_of(table.incoming.begin(), table.incoming.end(),
                                    [](const auto& action) { return action.on_delete; });
  return cascades || table.restricted ? Way::plain : Way::lift;
}

std::vector<std::string> general_statements(const std::vector<StagedTable>& tables, const Places& places,
                                            bool yielding, ApplyMode mode, const std::string& state_schema) {
  std::vector<std::string> statements;
  std::vector<std::string> steps;
  std::vector<std::string> checks;
  std::vector<std::string> duplicates;
  for (const auto& staged : tables) {
    const TableStatements one(staged, places, yielding ? way_to_yield(*staged.table, mode) : Way::plain);
    if (mode == ApplyMode::ordinary) add_guards(statements, one, staged, tables, places, state_schema);
    if (auto parked = one.park(); !parked.empty()) statements.push_back(std::move(parked));
    one.add_steps(steps);
    if (staged.table->may_swallow) {
      checks.push_back(quote_name(state_schema) + ".refuse_swallowed(" + one.count_swallowed() + "," +
                       quote_literal(staged.table->display_name) + ")");
    }
    if (mode == ApplyMode::replica) {
      for (auto& check : duplicate_checks(*staged.table, one.written_rows(), state_schema)) {
        duplicates.push_back(std::move(check));
      }
    }
  }
  statements.push_back("WITH " + join(steps, ",") + " SELECT " + (checks.empty() ? "1" : join(checks, ",")));
  statements.insert(statements.end(), duplicates.begin(), duplicates.end());
  return statements;
}

std::string places_sql(const std::vector<StagedTable>& tables) {
  std::vector<std::string> parts;
  for (const auto& staged : tables) {
    parts.push_back("SELECT " + place(staged, "s") + " FROM " + staged.stage + " AS s");
  }
  return join(parts, " UNION ALL ") + " ORDER BY 1";
}

StagedRow at_place(const std::vector<StagedTable>& tables, std::int64_t place) {
  const std::int64_t step = place >> kRowBits;
  for (const auto& staged : tables) {
    if (step == step_of_writes(staged) || step == step_of_deletes(staged)) return {&staged, place & kRowMask};
  }
  return {};
}

}  // namespace sluice::applier
