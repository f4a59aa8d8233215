#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "applier/server/progress.h"
#include "applier/server/session.h"
#include "applier/values/options.h"
#include "capture/source.h"
#include "daemon/config/config.h"
#include "daemon/sync/column_follow.h"

/// How the server follows what an application has done to its tables since they were last looked at.
namespace sluice::daemon {

/// All that is to be done about tables that are being brought over.
struct SchemaFollow {
  std::vector<SchemaStep> steps;               ///< in order
  std::map<std::string, std::string> renamed;  ///< tables of the source: before, now
  std::vector<std::string> gone;               ///< tables of the source to forget

  bool nothing() const { return steps.empty() && renamed.empty() && gone.empty(); }
};

/// What is known when the two sides are held against one another.
struct FollowContext {
  const applier::TargetOptions& options;
  SchemaChanges wish;
  const capture::Catalog& catalog;
  const std::map<std::string, applier::TableProgress>& progress;
  bool same_numbers;  ///< tables have the numbers under which they are remembered
  std::function<bool(const std::string&)> was_dropped;  ///< asks the source
};

/// Compares, and asks the server of tables that have changed; changes nothing. Additions are left out unless
/// the owner wishes everything to be mirrored: they have ways of their own.
SchemaFollow plan_follow(applier::Session& session, const FollowContext& context);

/// Throws ApplyError (table) that names the statements, where the owner does not wish them to be run.
void refuse_to_follow(const SchemaFollow& follow, SchemaChanges wish);

/// Runs one of them, inside a transaction. Throws ApplyError where the server refuses it.
void carry_out(applier::Session& session, const SchemaStep& step);

}  // namespace sluice::daemon
