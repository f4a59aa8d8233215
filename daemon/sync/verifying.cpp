// Comparing: a scan whose chunks are held against what the target has, each at a boundary of the stream.

#include "daemon/sync/verifying.h"

#include <algorithm>
#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/gathering.h"
#include "daemon/sync/replay.h"
#include "daemon/sync/table_comparison.h"
#include "daemon/sync/whole_copy.h"

namespace sluice::daemon {
namespace {

using applier::TargetTable;

/// Parents come first, as the plan has them.
std::vector<std::string> tables_to_verify(const SyncState& state) {
  const std::string& only = state.verification->order().table;
  std::vector<std::string> names;
  for (const auto& table : state.plan.tables) {
    if (only.empty() || only == table.source.name) names.push_back(table.source.name);
  }
  return names;
}

/// The table whose scan goes on. One that is not captured any more has nothing left to compare.
const TargetTable* table_to_verify(SyncState& state) {
  Verification& verification = *state.verification;
  verification.begin(tables_to_verify(state));
  while (!verification.done()) {
    const auto found =
        std::find_if(state.plan.tables.begin(), state.plan.tables.end(),
                     [&](const auto& table) { return table.source.name == verification.table(); });
    if (found != state.plan.tables.end()) return &*found;
    verification.current().table = verification.table();
    verification.finish_table();
  }
  return nullptr;
}

/// The whole table in one transaction. What it finds and repairs counts from the start.
StepResult repair_whole(SyncState& state, const Settled& settled, const TargetTable& table) {
  const TableDifference before = difference(state, settled, table);
  StepResult result = copy_whole(state, settled, {&table});
  TableVerdict& verdict = state.verification->current();
  verdict.rows = result.rows_copied;
  verdict.missing = before.added;
  verdict.differing = before.changed;
  verdict.extra = before.deleted;
  verdict.repaired = verdict.differences();
  finish_verifying(state, settled, table);
  return result;
}

/// What another transaction or another daemon was in the way of.
bool begins_anew(const applier::ApplyError& refusal) {
  return refusal.fault == applier::Fault::fenced || refusal.fault == applier::Fault::in_doubt ||
         refusal.sqlstate == "40001" || refusal.sqlstate == "40P01";
}

/// A failed comparison is over: nobody makes it up by himself.
ErrorReport without_comparison(const applier::ApplyError& refusal) {
  ErrorReport failure = report_failure(std::make_exception_ptr(refusal)).error;
  failure.message = "the comparison failed, while replication goes on: " + failure.message;
  failure.hint = refusal.sqlstate == "42501" ? "grant the role the right that is missing, then compare again"
                                             : "make way on the server, then compare again";
  return failure;
}

StepResult verify_chunk(SyncState& state, const Settled& settled, const TargetTable& table) {
  try {
    TableComparison scan(state, settled, table);
    return replay(state, settled, scan);
  } catch (const applier::ApplyError& refusal) {
    if (!state.verification->repairs() || !refusal.waits_for_other_rows()) throw;
  }
  // A row that is in the way may be one that the scan has still to come by.
  return repair_whole(state, settled, table);
}

}  // namespace

StepResult verify_on(SyncState& state, const Settled& settled) {
  const TargetTable* table = table_to_verify(state);
  if (table == nullptr) return replay(state, settled);
  Verification& verification = *state.verification;
  verification.scans(table->oid);
  if (verification.frontier().empty()) verification.expect(settled.source.count_rows(table->source));
  try {
    StepResult result = verify_chunk(state, settled, *table);
    result.verifying = !verification.done();
    return result;
  } catch (const applier::ApplyError& refusal) {
    if (refusal.lost_connection() || begins_anew(refusal)) throw;
    verification.fail(without_comparison(refusal));
  }
  // Where it is the stream that is refused, this says so.
  return replay(state, settled);
}

}  // namespace sluice::daemon
