#pragma once

#include <map>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "daemon/config/config.h"
#include "daemon/sync/column_follow.h"
#include "daemon/sync/table_fate.h"

/// How the server follows what an application has done to its tables since they were last looked at.
namespace sluice::daemon {

/// All that is to be done about tables that are being brought over.
struct SchemaFollow {
  std::vector<SchemaStep> steps;               ///< in order
  std::map<std::string, std::string> renamed;  ///< tables of the source: before, now
  std::vector<std::string> gone;               ///< tables of the source to forget

  bool nothing() const { return steps.empty() && renamed.empty() && gone.empty(); }
};

/// Compares, and asks the server of tables that have changed; changes nothing. Additions are left out unless
/// the owner wishes everything to be mirrored: they have ways of their own.
SchemaFollow plan_follow(applier::Session& session, const FollowContext& context);

/// Throws ApplyError (table) that names the statements, where the owner does not wish them to be run.
void refuse_to_follow(const SchemaFollow& follow, SchemaChanges wish);

/// Runs one of them, inside a transaction. Throws ApplyError where the server refuses it.
void carry_out(applier::Session& session, const SchemaStep& step);

}  // namespace sluice::daemon
