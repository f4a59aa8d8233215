#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/fuzz/workload.h"

namespace sluice::fuzz {

/// Where a scenario went wrong.
struct Divergence {
  std::size_t step = 0;
  std::string what;
};

/// What one run has done.
struct Tally {
  std::int64_t statements = 0;
  std::int64_t accepted = 0;
  std::int64_t changes = 0;  ///< entries of the changelog
};

/// Done to the file between the installation of capture and the first look at it.
using Surgery = std::function<void(SQLite::Database& application, const Scenario& scenario)>;

/// Runs a scenario twice, on a captured file and on one that capture never touched. Nothing may differ: not
/// the copy from the captured tables at any look, nor what any statement answers, nor what both files hold.
std::optional<Divergence> run_captured(const Scenario& scenario, const Surgery& surgery = {},
                                       Tally* tally = nullptr);

}  // namespace sluice::fuzz
