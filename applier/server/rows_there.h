#pragma once

#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"

namespace sluice::applier {

/// Does the table hold any row?
bool holds_rows(Session& session, const TargetTable& table);

/// The same of several tables, in one round trip.
std::vector<bool> hold_rows(Session& session, const std::vector<const TargetTable*>& tables);

}  // namespace sluice::applier
