#include "applier/write/general_sql.h"

#include <algorithm>
#include <iterator>

#include "applier/values/identifiers.h"
#include "applier/write/cascade_guard.h"
#include "applier/write/write_sql.h"

namespace sluice::applier {
namespace {

/// The written columns outside the key on which a unique value of the table depends: all of them where it
/// depends on a column that the server computes.
std::vector<std::string> unique_columns(const TargetTable& table) {
  std::set<std::string> columns;
  const auto all = table.column_names();
  const bool computed = std::any_of(table.uniques.begin(), table.uniques.end(), [&](const auto& unique) {
    return std::any_of(unique.columns.begin(), unique.columns.end(),
                       [&](const auto& column) { return !table.writes(column); });
  });
  if (computed) {
    std::copy_if(all.begin(), all.end(), std::inserter(columns, columns.end()),
                 [&](const auto& column) { return !table.has_in_key(column); });
  }
  for (const auto& unique : table.uniques) {
    for (const auto& column : unique.columns) {
      if (table.writes(column) && !table.has_in_key(column)) columns.insert(column);
    }
  }
  return {columns.begin(), columns.end()};
}

/// One nullable column of each unique index is enough to take its value out.
std::vector<std::string> columns_to_park(const TargetTable& table) {
  std::set<std::string> columns;
  for (const auto& unique : table.uniques) {
    const auto fit = std::find_if(unique.columns.begin(), unique.columns.end(), [&](const auto& column) {
      return table.writes(column) && !table.has_in_key(column) && table.nullable.contains(column) &&
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
      : table_(*staged.table),
        stage_(staged.stage + " AS s"),
        id_(std::to_string(staged.rank)),
        within_(within(staged, "s", places)),
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
                                          after({"gone", "lifted"}) + returning("t.")));
    }
    steps.push_back(step("added", insert_into(table_, table_.column_names()) + " SELECT " +
                                      qualified("s", table_.column_names()) + " FROM " + stage_ + " WHERE " +
                                      within_ + " AND NOT s.sluice_gone AND NOT EXISTS (SELECT 1 FROM " +
                                      table_.name + " AS t WHERE " + join_ + ")" +
                                      after({"gone", "lifted", "updated"}) + returning("")));
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
      done += "+" + count_written("updated");
    }
    sent += "+" + count(" FROM " + stage_ + " WHERE " + within_ +
                        " AND NOT s.sluice_gone AND NOT EXISTS (SELECT 1 FROM " + table_.name +
                        " AS t WHERE " + join_ + ")");
    done += "+" + count_written("added");
    if (way_ == Way::lift) {
      sent += "+2*" + count(matched + "NOT s.sluice_gone AND " + yields());
      done += "+" + count(" FROM " + name("lifted")) + "+" + count_written("returned");
    }
    return sent + "-(" + done + ")";
  }

  std::string written_rows() const {
    return "(SELECT * FROM " + stage_ + " WHERE " + within_ + " AND NOT s.sluice_gone) AS s";
  }

  std::string name(const std::string& step) const { return "sluice_" + step + "_" + id_; }

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

  std::string returning(const std::string& prefix) const {
    std::vector<std::string> keys;
    for (const auto& key : table_.key_names()) keys.push_back(prefix + key);
    return " RETURNING " + join(keys, ",");
  }

  /// Under the keys that were sent, which a trigger may have changed.
  std::string count_written(const std::string& step_name) const {
    return count(" FROM " + name(step_name) + " AS t JOIN " + stage_ + " ON " + join_);
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
           within_ + after({"gone", "updated"}) + returning("");
  }

  const TargetTable& table_;
  std::string stage_;
  std::string id_;
  std::string within_;
  std::string join_;
  Way way_;
};

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
    if (mode == ApplyMode::ordinary) {
      auto guards = cascade_guards(staged, tables, places, state_schema);
      std::move(guards.begin(), guards.end(), std::back_inserter(statements));
    }
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

}  // namespace sluice::applier
