#include "daemon/inspect/schema_notes.h"

#include <algorithm>
#include <map>
#include <set>

#include "applier/compare/design_diff.h"
#include "applier/design/table_ddl.h"
#include "applier/server/neighbours.h"
#include "applier/server/state_store.h"
#include "capture/source.h"
#include "daemon/inspect/look_options.h"
#include "daemon/sync/schema_design.h"

namespace sluice::daemon {
namespace {

/// Those that would be made otherwise now. Rows have no say in it.
std::set<std::string> moved_tables(capture::Source& source, const applier::TargetOptions& options,
                                   const std::vector<capture::SourceTable>& tables,
                                   const std::map<std::string, std::string>& made) {
  std::set<std::string> moved;
  for (const auto& design : design_tables(source, options, tables, DesignBy::schema)) {
    const auto known = made.find(design.source);
    if (known == made.end()) continue;
    const std::string made_by = known->second.substr(0, known->second.find(' '));
    if (made_by != applier::fingerprint(design)) moved.insert(design.source);
  }
  return moved;
}

void note_moved_tables(std::vector<SchemaNote>& notes, const PipelineConfig& config,
                       applier::Session& session) {
  const auto options = target_look_options(config);
  const auto made = applier::made_tables(session, options.state_schema, config.name);
  if (made.empty()) return;
  capture::Source source(source_look_options(config));
  const auto tables = source.preview().tables;
  const auto moved = moved_tables(source, options, tables, made);
  if (moved.empty()) return;
  std::map<std::string, int> differences;  // the owner may have followed by hand
  for (const auto& each :
       applier::differences(session, design_tables(source, options, tables, DesignBy::rows))) {
    if (moved.contains(each.source)) ++differences[each.source];
  }
  for (const auto& [table, count] : differences) {
    notes.push_back({table,
                     "its schema in SQLite has moved on since the table was made: " + std::to_string(count) +
                         (count == 1 ? " difference" : " differences"),
                     "sluicectl schema --diff shows what, with the DDL"});
  }
}

void note_unchecked_keys(std::vector<SchemaNote>& notes, applier::Session& session,
                         const std::vector<applier::TargetTable>& tables) {
  for (const auto& table : tables) {
    for (const auto& name : applier::unchecked_keys(session, table)) {
      notes.push_back({table.source.name,
                       "foreign key " + name + " of " + table.display_name +
                           " is not checked: SQLite has let rows in that point nowhere",
                       "mend the rows in SQLite, then: ALTER TABLE " + table.name + " VALIDATE CONSTRAINT " +
                           name + ";"});
    }
  }
}

}  // namespace

std::set<std::string> made_and_unmoved(const PipelineConfig& config, applier::Session& session,
                                       capture::Source& source,
                                       const std::vector<capture::SourceTable>& tables) {
  const auto options = target_look_options(config);
  const auto made = applier::made_tables(session, options.state_schema, config.name);
  const auto moved = moved_tables(source, options, tables, made);
  std::set<std::string> unmoved;
  for (const auto& [table, ddl] : made) {
    if (!moved.contains(table)) unmoved.insert(table);
  }
  return unmoved;
}

std::vector<SchemaNote> schema_notes(const PipelineConfig& config, applier::Session& session,
                                     const std::vector<applier::TargetTable>& tables) {
  std::vector<SchemaNote> notes;
  note_moved_tables(notes, config, session);
  note_unchecked_keys(notes, session, tables);
  return notes;
}

}  // namespace sluice::daemon
