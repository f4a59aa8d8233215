#pragma once

#include <set>
#include <string>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {

/// Compares every table of the target's schema `public` with the SQLite table of its name, by the value that
/// the target's type gives a column: numeric as decimals, timestamps as instants (text without a zone is
/// UTC), json and arrays as documents, booleans as 0 and 1. Shares no code with the applier. Columns named in
/// `apart_from` are left out. A line a value that only one side has, at most thirty; empty where both sides
/// are equal.
std::string differences_by_value(Mirror& mirror, const std::set<std::string>& apart_from = {});

}  // namespace sluice::e2e
