#pragma once

#include <string>

#include "daemon/report/cutover.h"

namespace sluice::daemon {

/// What a cutover has done, and what is left to the reader; about a screen. Pure.
std::string render_cutover(const CutoverAnswer& answer);

}  // namespace sluice::daemon
