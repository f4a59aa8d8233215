#include "daemon/inspect/migration_tools.h"

#include <algorithm>
#include <iterator>

namespace sluice::daemon {

std::vector<MigrationTool> migration_tools_among(const std::vector<std::string>& tables) {
  std::vector<MigrationTool> found;
  std::copy_if(
      kMigrationTools.begin(), kMigrationTools.end(), std::back_inserter(found),
      [&](const auto& tool) { return std::find(tables.begin(), tables.end(), tool.mark) != tables.end(); });
  return found;
}

std::string migration_tools_markdown() {
  std::string text = "| tool | what it does | where | setting |\n|---|---|---|---|\n";
  for (const auto& tool : kMigrationTools) {
    text.append("| ").append(tool.name).append(" | ").append(tool.habit).append(" | ");
    text.append(tool.place).append(" | `").append(tool.setting).append("` |\n");
  }
  return text;
}

}  // namespace sluice::daemon
