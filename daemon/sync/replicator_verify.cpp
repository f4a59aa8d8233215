// Comparing: a scan whose pieces are held against what the target has, each at a boundary of the stream.

#include <algorithm>
#include <memory>
#include <utility>

#include "applier/server/apply_error.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {

using applier::ExistingRows;
using applier::LargeBatch;
using applier::TargetTable;

/// Parents come first, as the plan has them.
std::vector<std::string> Replicator::tables_to_verify() const {
  const std::string& only = verification_->order().table;
  std::vector<std::string> names;
  for (const auto& table : plan_.tables) {
    if (only.empty() || only == table.source.name) names.push_back(table.source.name);
  }
  return names;
}

/// The table whose scan goes on. One that is not captured any more has nothing left to compare.
const TargetTable* Replicator::table_to_verify() {
  verification_->begin(tables_to_verify());
  while (!verification_->done()) {
    const auto found = std::find_if(plan_.tables.begin(), plan_.tables.end(), [&](const auto& table) {
      return table.source.name == verification_->table();
    });
    if (found != plan_.tables.end()) return &*found;
    verification_->current().table = verification_->table();
    verification_->finish_table();
  }
  return nullptr;
}

StepResult Replicator::verify_on() {
  const TargetTable* table = table_to_verify();
  if (table == nullptr) return replay({});
  verification_->scans(table->oid);
  if (verification_->frontier().empty()) verification_->expect(source_.open().count_rows(table->source));
  StepResult result = verify_piece(*table);
  result.verifying = !verification_->done();
  return result;
}

StepResult Replicator::verify_piece(const TargetTable& table) {
  try {
    return replay(comparison(table));
  } catch (const applier::ApplyError& refusal) {
    if (!verification_->order().repair || !refusal.waits_for_other_rows()) throw;
  }
  // A row that is in the way may be one that the scan has still to come by.
  return repair_whole(table);
}

Replicator::Ride Replicator::comparison(const TargetTable& table) {
  const bool keeps_extra = config_.target.existing_rows == ExistingRows::merge;
  const bool repair = verification_->order().repair;
  const auto mend = !repair       ? applier::Mend::nothing
                    : keeps_extra ? applier::Mend::rows
                                  : applier::Mend::extra;
  const auto findings = std::make_shared<applier::Findings>();
  Ride ride;
  ride.table = &table;
  ride.frontier = verification_->frontier();
  ride.copies = false;
  ride.writes = repair;
  ride.board = [&table, findings, mend, frontier = ride.frontier](
                   LargeBatch& batch, const capture::CopyChunk& piece, LargeBatch::Straight /*way*/) {
    *findings = batch.compare(table, {&piece, applier::scanned_to(frontier)}, mend);
  };
  ride.seal = [](LargeBatch& /*batch*/, const capture::CopyChunk& /*piece*/, std::int64_t /*rows*/) {};
  ride.arrive = [this, &table, findings, keeps_extra, repair](const capture::CopyChunk& piece) {
    if (keeps_extra) findings->keep_extra();
    verification_->add(*findings, piece, repair);
    if (!piece.frontier) finish_verifying(table);
  };
  return ride;
}

void Replicator::finish_verifying(const TargetTable& table) {
  TableVerdict& verdict = verification_->current();
  verdict.table = table.source.name;
  verdict.target = table.display_name;
  verdict.quarantined =
      std::count_if(tolerance_.held_back.begin(), tolerance_.held_back.end(),
                    [&](const applier::RowName& row) { return row.first == table.source.name; });
  for (const auto& [constraint, rows] : applier::dangling_rows(*session_, table)) verdict.dangling += rows;
  verification_->finish_table();
}

/// The whole table in one transaction. What it finds and mends counts from the start.
StepResult Replicator::repair_whole(const TargetTable& table) {
  const TableDifference before = difference(table);
  StepResult result = copy_whole({&table});
  TableVerdict& verdict = verification_->current();
  verdict.rows = result.rows_copied;
  verdict.missing = before.added;
  verdict.differing = before.changed;
  verdict.extra = before.deleted;
  verdict.repaired = verdict.differences();
  finish_verifying(table);
  return result;
}

}  // namespace sluice::daemon
