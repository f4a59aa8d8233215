#include "applier/server/sequences.h"

#include <algorithm>
#include <optional>

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

/// What the server says of a sequence, and the queries that tell how far the rows behind it have come.
struct Sequence {
  SequenceState state;
  bool ascending = true;
  std::string least;
  std::string most;
  bool may_move = true;
  std::vector<std::string> reached;  ///< expressions, some of them NULL
};

bool is_counted(TypeKind kind) {
  return is_integer(kind) || kind == TypeKind::numeric;
}

/// AUTOINCREMENT counts the key that is an alias of the rowid.
std::string given_out_to(const TargetTable& table, std::size_t column, const GivenOut& given_out) {
  const bool is_key = table.source.key_is_rowid && table.key.size() == 1 && table.key.front() == column;
  const auto found = given_out.find(table.source.name);
  return is_key && found != given_out.end() ? std::to_string(found->second) : "NULL";
}

std::vector<std::string> asked_columns(const std::vector<TargetTable>& tables, const GivenOut& given_out) {
  std::vector<std::string> asked;
  for (const auto& table : tables) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!is_counted(table.columns[i].kind)) continue;
      asked.push_back("(" +
                      join({std::to_string(table.oid) + "::oid", quote_literal(table.columns[i].name),
                            given_out_to(table, i, given_out) + "::bigint"},
                           ",") +
                      ")");
    }
  }
  return asked;
}

const TargetTable& table_of(const std::vector<TargetTable>& tables, unsigned oid) {
  return *std::find_if(tables.begin(), tables.end(), [oid](const auto& table) { return table.oid == oid; });
}

std::string furthest_row(const TargetTable& table, const std::string& column, bool ascending) {
  return std::string("(SELECT ") + (ascending ? "ceil(max(" : "floor(min(") + quote_name(column) +
         ")::numeric) FROM " + table.name + ")";
}

/// By name; a sequence that serves several columns comes once.
std::vector<Sequence> survey(Session& session, const std::vector<TargetTable>& tables,
                             const GivenOut& given_out) {
  std::vector<Sequence> sequences;
  const auto asked = asked_columns(tables, given_out);
  if (asked.empty()) return sequences;
  const auto rows = session.exec(replace_all(sql::sequences, "{asked}", join(asked, ",")));
  for (const auto& row : rows) {
    const TargetTable& table = table_of(tables, row[1].as<unsigned>());
    const auto column = row[2].as<std::string>();
    const auto name = row[0].as<std::string>();
    if (sequences.empty() || sequences.back().state.name != name) {
      sequences.push_back({{name, table.display_name, column, 0, false},
                           row[3].as<bool>(),
                           row[4].as<std::string>(),
                           row[5].as<std::string>(),
                           row[7].as<bool>(),
                           {}});
    }
    Sequence& sequence = sequences.back();
    sequence.reached.push_back(furthest_row(table, column, sequence.ascending));
    if (sequence.ascending && !row[6].is_null()) sequence.reached.push_back(row[6].as<std::string>());
  }
  return sequences;
}

void refuse_without_right(const Session& session, const Sequence& sequence) {
  if (sequence.may_move) return;
  ApplyError error(Fault::table, "the role may not move sequence " + sequence.state.name);
  error.code = "sequence_denied";
  error.table = sequence.state.table;
  error.hint = "GRANT SELECT, UPDATE ON SEQUENCE " + sequence.state.name + " TO " + session.role() + ";";
  throw error;
}

/// One row: the number in the list, whether it had to move, where to, whether it can, and what comes next.
std::string step_sql(const Sequence& sequence, std::size_t number) {
  const bool up = sequence.ascending;
  const std::string goal = std::string(up ? "greatest" : "least") + "(" + join(sequence.reached, ", ") + ")";
  const std::string beyond = up ? ">" : "<";
  return "SELECT " + std::to_string(number) + ", moves, goal, fits, CASE WHEN moves AND fits THEN setval(" +
         quote_literal(sequence.state.name) +
         "::regclass, goal::bigint) END IS NULL, CASE WHEN moves THEN goal + step"
         " WHEN is_called THEN last_value::numeric + step ELSE last_value END FROM (SELECT goal, last_value,"
         " is_called, goal " +
         beyond + " last_value OR (goal = last_value AND NOT is_called) AS moves, goal BETWEEN " +
         sequence.least + " AND " + sequence.most +
         " AS fits, (SELECT seqincrement FROM pg_catalog.pg_sequence WHERE seqrelid = " +
         quote_literal(sequence.state.name) + "::regclass) AS step FROM " + sequence.state.name +
         ", (SELECT " + goal + " AS goal) AS reached) AS sequence";
}

std::int64_t clamped(const std::string& number) {
  try {
    return std::stoll(number);
  } catch (const std::out_of_range&) {
    return number.front() == '-' ? INT64_MIN : INT64_MAX;
  }
}

void refuse_too_small(const Sequence& sequence, const std::string& goal) {
  ApplyError error(Fault::table, "sequence " + sequence.state.name + " ends at " +
                                     (sequence.ascending ? sequence.most : sequence.least) + ", but column " +
                                     sequence.state.column + " has come to " + goal);
  error.code = "sequence_too_small";
  error.table = sequence.state.table;
  error.column = sequence.state.column;
  error.hint = "ALTER SEQUENCE " + sequence.state.name + " AS bigint " +
               (sequence.ascending ? "NO MAXVALUE" : "NO MINVALUE") + ";";
  throw error;
}

}  // namespace

std::vector<SequenceState> advance_sequences(Session& session, const std::vector<TargetTable>& tables,
                                             const GivenOut& given_out) {
  auto sequences = survey(session, tables, given_out);
  std::vector<std::string> steps;
  for (const auto& sequence : sequences) {
    refuse_without_right(session, sequence);
    steps.push_back(step_sql(sequence, steps.size()));
  }
  std::vector<SequenceState> states;
  if (steps.empty()) return states;
  for (const auto& row : session.exec(join(steps, " UNION ALL ") + " ORDER BY 1")) {
    Sequence& sequence = sequences[row[0].as<std::size_t>()];
    sequence.state.advanced = !row[1].is_null() && row[1].as<bool>();
    if (sequence.state.advanced && !row[3].as<bool>()) refuse_too_small(sequence, row[2].as<std::string>());
    sequence.state.next = clamped(row[5].as<std::string>());
    states.push_back(sequence.state);
  }
  return states;
}

}  // namespace sluice::applier
