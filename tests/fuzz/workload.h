#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::fuzz {

/// One thing that happens: an application's connection runs a statement, or somebody looks at both sides.
struct Step {
  std::size_t connection = 0;
  std::string sql;  ///< empty: a look

  bool is_look() const { return sql.empty(); }
};

/// What an application does from the first table to the last statement. Text only: whoever runs it sees which
/// of its statements SQLite takes.
struct Scenario {
  std::uint64_t seed = 0;
  std::string shape;
  bool random = false;  ///< its rows hold values that no second run has
  std::string journal_mode;
  std::vector<std::string> connections;     ///< the pragmas of each
  std::vector<std::string> schema;          ///< tables, indexes and triggers from before capture
  std::vector<std::string> later_triggers;  ///< made after capture is in place
  std::vector<Step> steps;                  ///< the last one is a look

  /// As a script for people, up to and with one step.
  std::string text(std::size_t last_step) const;
};

/// What scenarios are to be like. Shares are percentages.
struct Taste {
  std::string shape;            ///< empty: any
  int statements = 60;          ///< of the stream
  int updates = 35;             ///< statements that update
  int nulls = 12;               ///< values that are NULL
  int wild_values = 0;          ///< values of another type than their column's, which no server would take
  int rowids = 12;              ///< statements that name the rowid
  int user_triggers = 40;       ///< scenarios in which the application has triggers of its own
  bool insert_triggers = true;  ///< may these be on inserts?
  int late_triggers = 50;       ///< of them, those that are made after capture is in place
  int raises = 25;              ///< of them, those that do nothing but RAISE
  int schema_changes = 0;       ///< steps that change the schema
  bool drops_columns = false;   ///< may these drop and rename?
  bool undone = false;          ///< may these be undone before anybody looks?
  bool intruders = false;       ///< do other connections try to write into an open transaction's time?
};

/// Makes the scenario of a seed; the same one for the same taste, always.
Scenario make_scenario(std::uint64_t seed, const Taste& taste);

}  // namespace sluice::fuzz
