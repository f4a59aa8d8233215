#include "daemon/sync/evidence.h"

#include "daemon/sync/copy_version.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {

bool is_a_stranger(SyncState& state, const Sides& sides) {
  if (!state.row) return false;
  sides.source.check_whole();
  const auto found = sides.source.identity();
  Evidence& evidence = state.evidence;
  evidence = {};
  evidence.expected_id = state.row->source.id;
  evidence.found_id = found.source_id;
  evidence.elsewhere = !is_at(state.config, state.row->source);
  const bool may_be_known =
      found.installed && (found.source_id.empty() || found.source_id == evidence.expected_id);
  return evidence.elsewhere || !may_be_known;
}

Evidence find_evidence(const SyncState& state, const Sides& sides) {
  Evidence found;
  found.found_id = state.catalog.source_id;
  found.expected_id = state.row ? state.row->source.id : state.catalog.source_id;
  if (state.row) found.match = sides.source.match(state.row->applied);
  return found;
}

void note_copies(SyncState& state) {
  Evidence& found = state.evidence;
  for (const auto& table : state.plan.tables)
    found.versions[table.source.name] = current_version(state, table);
  for (const auto& [name, progress] : state.progress) {
    const bool begun = progress.copy.phase != capture::CopyState::Phase::pending;
    if (begun && found.versions.contains(name)) found.copied.push_back({name, progress.version});
  }
}

std::string current_version(const SyncState& state, const applier::TargetTable& table) {
  return to_string(version_of(table, applier::rule_of(state.target.rules, table.source.name)));
}

void diverge(const SyncState& state) {
  const auto known = state.row.value_or(applier::PipelineRow{});
  throw explain(state.evidence, {state.config.name, state.config.source.path.string(), known.source.path,
                                 known.source.host, known.applied.position});
}

}  // namespace sluice::daemon
