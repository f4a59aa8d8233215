#pragma once

#include <string>
#include <vector>

#include "applier/design/schema_change.h"
#include "applier/server/server_table.h"
#include "applier/values/options.h"
#include "capture/change.h"

/// How a table on the server follows what has become of its source's columns. Pure.
namespace sluice::daemon {

/// One statement that the server still needs.
struct SchemaStep {
  std::string code;   ///< table_dropped, table_renamed, column_dropped, ...
  std::string table;  ///< of the source, as it is called now
  std::string what;   ///< has happened, for people
  std::string ddl;
  std::string otherwise;    ///< where the rows that are there refuse `ddl`: instead of it, or nothing
  bool may_refuse = false;  ///< a refusal by the rows is no failure: they are compared afterwards
  bool for_owner = false;   ///< takes away what Sluice has not made
  bool by_itself = false;   ///< takes away what Sluice has made on the way, whatever the owner chose
};

/// A table of the source that has changed, and the one on the server.
struct ColumnFollow {
  const applier::TargetOptions& options;
  const std::string& before;  ///< its name in the source when it was last looked at
  const capture::SourceTable& now;
  const applier::ServerTable& server;
  const std::string& place;  ///< the server's table, once it has followed to its new name
  bool made = false;         ///< by Sluice, which then knows what its types were meant to be
  bool mirrors = false;      ///< else only what is gone or called otherwise is told
};

/// What the server still needs of these changes; one that somebody has made there already needs nothing.
std::vector<SchemaStep> column_steps(const ColumnFollow& follow,
                                     const std::vector<applier::ColumnChange>& changes);

}  // namespace sluice::daemon
