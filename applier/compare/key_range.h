#pragma once

#include <optional>
#include <string>

#include "applier/server/target_table.h"
#include "capture/change.h"

/// Part of a table by its keys, in an order that source and server share. Pure.
namespace sluice::applier {

/// Does the server sort the keys as the source does? Provably so for integers, bytes, and texts that both
/// sort by their bytes.
bool shares_key_order(const TargetTable& table);

/// The condition for rows t whose key is beyond `after` and not beyond `up_to`; without either there is no
/// such bound. Requires shares_key_order(). A bound of another storage class than the column can hold stands
/// where the source sorts it: before or after everything.
std::string key_between(const TargetTable& table, const std::optional<capture::Key>& after,
                        const std::optional<capture::Key>& up_to);

}  // namespace sluice::applier
