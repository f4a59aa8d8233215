#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "applier/design/schema_change.h"
#include "applier/server/progress.h"
#include "applier/server/server_table.h"
#include "applier/server/session.h"
#include "applier/values/options.h"
#include "capture/source_types.h"
#include "daemon/config/config.h"

/// What has become of tables since they were last looked at.
namespace sluice::daemon {

/// What is known when the two sides are held against one another.
struct FollowContext {
  const applier::TargetOptions& options;
  SchemaChanges wish;
  const capture::Catalog& catalog;
  const std::map<std::string, applier::TableProgress>& progress;
  bool same_numbers;  ///< tables have the numbers under which they are remembered
  std::function<bool(const std::string&)> was_dropped;  ///< asks the source
};

/// A remembered table, what it is in the source now, and its table on the server.
struct Fate {
  std::string before;
  const applier::TableProgress& progress;
  applier::RememberedTable remembered;
  const capture::SourceTable* now = nullptr;
  std::optional<applier::ServerTable> server;
  std::string place;  ///< on the server, once its name has followed; empty where it has none to follow
};

/// Those of tables whose copy has begun and that have changed; the server is asked only of these.
std::vector<Fate> find_fates(applier::Session& session, const FollowContext& context);

/// What has become of its columns, as far as the owner's wishes are still the same.
std::vector<applier::ColumnChange> changes_of(const FollowContext& context, const Fate& fate);

/// What a table of the source is called on the server.
std::string target_called_for(const applier::TargetOptions& options, const std::string& source_table);

}  // namespace sluice::daemon
