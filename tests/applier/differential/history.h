#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/applier/differential/shapes.h"
#include "tests/fuzz/workload.h"

namespace sluice::differential {

/// A random history of an application with these tables, the same one for a seed always. It holds what SQLite
/// takes, and is made of what is hard to repeat row by row: values and keys that change places, rows that
/// take what others had, children that get another parent before theirs goes, trees that are moved.
fuzz::Scenario make_history(std::uint64_t seed, const Shape& shape);

/// A history by hand: scripts, and a look after each.
fuzz::Scenario history_of(const std::string& shape, const std::vector<std::string>& scripts);

}  // namespace sluice::differential
