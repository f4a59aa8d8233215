#pragma once

#include <string>

#include "daemon/report/verify.h"

namespace sluice::daemon {

/// What comparing by value has come to: a line for the whole, a line a table, and below them the first rows
/// that differ, by key and columns, with the remedy. Values are not shown. `window`: columns of the terminal,
/// into which names and keys are cut; 0: nothing is.
std::string render_verify(const VerifyAnswer& answer, std::size_t window);

}  // namespace sluice::daemon
