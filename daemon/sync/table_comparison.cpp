#include "daemon/sync/table_comparison.h"

#include <algorithm>

#include "applier/server/neighbours.h"
#include "daemon/sync/value_notes.h"

namespace sluice::daemon {

namespace {

std::vector<std::string> rewriting_triggers(const Settled& settled, const applier::TargetTable& table) {
  std::vector<std::string> found;
  for (const auto& trigger : applier::firing_triggers(settled.session, {table})) {
    if (trigger.rewrites) found.push_back(trigger.name + " of " + trigger.table + ", " + trigger.function);
  }
  return found;
}

/// How the values of columns are read that no declared type settles.
std::vector<std::string> rules_of(const applier::TargetTable& table) {
  constexpr auto kNone = applier::TypeRule::Kind::automatic;
  std::vector<std::string> rules;
  for (const auto& column : table.columns) {
    const bool by_rule = column.rule.kind != kNone;
    if (!by_rule && column.unit == kNone) continue;
    rules.push_back(table.source.columns[column.source].name + ": " +
                    std::string(applier::word_of(by_rule ? column.rule.kind : column.unit)) +
                    (by_rule ? "" : ", proven by its values"));
  }
  return rules;
}

}  // namespace

TableComparison::TableComparison(SyncState& state, const Settled& settled, const applier::TargetTable& table)
    : Scan(table, state.verification->frontier()),
      state_(state),
      settled_(settled),
      keeps_extra_(state.config.target.existing_rows == applier::ExistingRows::merge),
      repairs_(state.verification->repairs()) {
}

void TableComparison::write(LargeBatch& batch, const capture::CopyChunk& chunk,
                            LargeBatch::Straight /*way*/) {
  const auto repair = !repairs_      ? applier::Repair::nothing
                      : keeps_extra_ ? applier::Repair::rows
                                     : applier::Repair::extra;
  findings_ = batch.compare(table(), {&chunk, applier::scanned_to(frontier())}, repair);
}

void TableComparison::record(LargeBatch& /*batch*/, const capture::CopyChunk& /*last*/,
                             std::int64_t /*rows*/) {
}

void TableComparison::committed(const capture::CopyChunk& last) {
  if (keeps_extra_) findings_.keep_extra();
  note_altered_values(state_, table().source.name);
  state_.verification->add(findings_, last, repairs_);
  if (!last.frontier) finish_verifying(state_, settled_, table());
}

void finish_verifying(SyncState& state, const Settled& settled, const applier::TargetTable& table) {
  const auto& quarantined = state.tolerance.quarantined;
  TableVerdict& verdict = state.verification->current();
  verdict.table = table.source.name;
  verdict.target = table.display_name;
  verdict.quarantined =
      std::count_if(quarantined.begin(), quarantined.end(),
                    [&](const applier::RowName& row) { return row.first == table.source.name; });
  auto dangling = applier::dangling_rows(settled.session, table);
  verdict.dangling = dangling.rows;
  verdict.not_looked_at = std::move(dangling.not_looked_at);
  verdict.read_by = rules_of(table);
  if (state.verification->differs()) verdict.rewritten_by = rewriting_triggers(settled, table);
  state.verification->finish_table();
}

}  // namespace sluice::daemon
