#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/applier/differential/line.h"
#include "tests/fuzz/workload.h"

namespace sluice::differential {

using Lines = std::vector<Line*>;

/// One for every way and mode.
std::vector<std::unique_ptr<Line>> all_lines();

Lines all_of(const std::vector<std::unique_ptr<Line>>& lines);

/// Where a history went wrong, and for which line.
struct Divergence {
  std::size_t step = 0;
  Line* line = nullptr;
  std::string what;
};

/// What many runs have done.
struct Tally {
  std::int64_t histories = 0;
  std::int64_t statements = 0;
  std::int64_t refused = 0;  ///< statements, by SQLite
  std::int64_t batches = 0;
  std::int64_t halts = 0;  ///< fair refusals of a batch
};

/// Lets a history happen in a captured file and has every line follow it at every look. After each, a line
/// holds the rows of the source, and what the server had of its own in the rows that stayed.
std::optional<Divergence> run(const fuzz::Scenario& history, const Lines& lines, Tally* tally = nullptr);

/// The least part of a history that still goes wrong on a line, with what is wrong, as SQL.
std::string least(const fuzz::Scenario& history, const Divergence& divergence);

}  // namespace sluice::differential
