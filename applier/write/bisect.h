#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"

namespace sluice::applier {

/// A row that was refused when it stood alone.
struct RefusedPlace {
  std::int64_t place = 0;
  ApplyError error;
};

/// Runs statements over a batch, bisecting where they are refused, until the refused rows stand alone and all
/// others are written; see bisect() in sql/functions.sql. Each statement takes the places of the
/// first and the last row it is to write as $1 and $2; `places` is a query for all of them in order. Ends
/// after `most` refusals, with the rest untried. One message, whatever the number of rows. Throws ApplyError
/// where neither rows nor tables are at fault.
std::vector<RefusedPlace> bisect(Session& session, const std::string& state_schema,
                                 const std::vector<std::string>& statements, const std::string& places,
                                 std::size_t most);

}  // namespace sluice::applier
