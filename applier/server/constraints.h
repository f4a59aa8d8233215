#pragma once

#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"

namespace sluice::applier {

/// A constraint that was NOT VALID: checked for new rows, but not for those that were there.
struct ConstraintState {
  std::string name;    ///< as the catalog has it
  std::string table;   ///< as people read it
  std::string reason;  ///< why it is still not valid; empty where it is now
  std::string remedy;  ///< the statement to run once that is mended
};

/// Has the server check the rows behind every NOT VALID foreign key and CHECK of the tables. What rows break,
/// or what the role may not alter, stays as it is and is named. Takes as long as reading the tables; nobody's
/// writing is held up. Outside transactions.
std::vector<ConstraintState> validate_constraints(Session& session, const std::vector<TargetTable>& tables);

}  // namespace sluice::applier
