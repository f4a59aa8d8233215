// Chunks of a scan in a batch: written straight into an empty table, or held against what the target has.

#include <algorithm>
#include <utility>

#include "applier/batch.h"
#include "applier/server/apply_error.h"
#include "applier/write/general_write.h"

namespace sluice::applier {
namespace {

/// The rows of a chunk that are in the quarantine.
std::set<RowName> quarantined_rows(const TargetTable& table, const std::vector<capture::Row>& rows,
                                   const Tolerance& tolerance) {
  std::set<RowName> held;
  if (tolerance.quarantined.empty()) return held;
  for (const auto& row : rows) {
    RowName name{table.source.name, capture::encode(key_of(table.source, row))};
    if (tolerance.quarantined.contains(name)) held.insert(std::move(name));
  }
  return held;
}

}  // namespace

/// They are tried with the batch, and leave the quarantine if they are let in.
void LargeBatch::try_again(const TargetTable& table, const std::vector<capture::Row>& rows) {
  tried_again_.merge(quarantined_rows(table, rows, *context_.tolerance));
}

void LargeBatch::copy_straight(const TargetTable& table, const std::vector<capture::Row>& rows,
                               Straight way) {
  try_again(table, rows);
  TableWrite write = convert_rows(table, rows, context_.text);
  rows_[table.source.id] += rows.size();
  const bool alone = stages_.empty() || !is_checked_against_others(table);
  const bool fit = alone && write.refused.empty() && !table.may_swallow;
  refuse(table, std::exchange(write.refused, {}));
  if (!fit || !copied_straight(write, way)) add_to_stage(write);
}

bool LargeBatch::copied_straight(const TableWrite& write, Straight way) {
  std::string lines;
  for (const auto& row : write.upserts) {
    std::vector<const std::optional<std::string>*> fields;
    for (const auto& value : row) fields.push_back(&value);
    append_copy_line(lines, fields);
  }
  const bool checked = is_checked_against_others(*write.table);
  if (way == Straight::streamed && !checked) {
    session_.stream(write.table->name, write.table->column_names(), lines);
    return true;
  }
  Savepoint savepoint(session_);
  try {
    session_.copy(write.table->name, write.table->column_names(), lines);
    if (checked) session_.exec("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED");
  } catch (const ApplyError& error) {
    // Rows that are there already, or that constraints refuse before the rest of the batch is there.
    if (error.fault == Fault::row || error.fault == Fault::table) return false;
    throw;
  }
  savepoint.release();
  return true;
}

void LargeBatch::note_keys(const TargetTable& table) {
  noted_.insert(table.source.id);
}

void LargeBatch::forget_keys(const TargetTable& table) {
  if (noted_.erase(table.source.id) > 0) KeyMarks::for_scan(session_, table, context_.state_schema).drop();
}

std::set<RowName> LargeBatch::refused_before(const TargetTable& table) const {
  std::set<RowName> rows;
  for (const auto& refusal : refusals_) {
    if (refusal.row.first == table.source.name) rows.insert(refusal.row);
  }
  return rows;
}

/// Those that were in quarantine before, and those that this batch puts there.
std::vector<capture::Key> LargeBatch::quarantined_keys(const TargetTable& table) const {
  std::set<RowName> rows = refused_before(table);
  for (const auto& row : context_.tolerance->quarantined) {
    if (row.first == table.source.name) rows.insert(row);
  }
  std::vector<capture::Key> keys;
  for (const auto& row : rows) keys.push_back(capture::decode_key(row.second));
  return keys;
}

/// Gathers the rows of a chunk and gives back those that can't be written.
std::vector<Refusal> LargeBatch::add_chunk(const TargetTable& table, const capture::CopyChunk& chunk) {
  TableWrite write = convert_rows(table, chunk.rows, context_.text);
  rows_[table.source.id] += chunk.rows.size();
  auto refused = std::exchange(write.refused, {});
  for (auto& refusal : stage(table).add(write, kMostRefusals)) {
    add_hint(refusal.error, session_, table);
    refused.push_back(std::move(refusal));
  }
  if (refused.size() >= kMostRefusals)
    throw beyond_refusal_limit(refused.size(), chunk.rows.size(), refused.back().error);
  settle(stage(table));
  return refused;
}

Findings LargeBatch::compare(const TargetTable& table, const ScanChunk& chunk, Repair repair) {
  write_gathered();
  auto refused = add_chunk(table, *chunk.copied);
  auto before = refused_before(table);
  std::vector<capture::Key> refused_keys;
  for (const auto& refusal : refused) refused_keys.push_back(capture::decode_key(refusal.row.second));
  if (Comparison::notes_keys(table) && !chunk.is_first()) {
    KeyMarks::for_scan(session_, table, context_.state_schema)
        .check({context_.state_schema, context_.pipeline}, chunk.is_last());
  }
  std::erase_if(refused, [&](const Refusal& refusal) { return before.contains(refusal.row); });
  Comparison comparison(session_, stage(table), context_.state_schema, chunk, quarantined_keys(table),
                        refused_keys);
  Findings findings = comparison.findings();
  for (const auto& refusal : refused) {
    if (context_.tolerance->quarantined.contains(refusal.row)) continue;
    ++findings.differing;
    ++findings.refused;
    if (findings.first.size() < Findings::kMostShown)
      findings.first.push_back({Finding::Kind::differs, refusal.error.key, {refusal.error.column}});
  }
  auto held = quarantined_rows(table, chunk.copied->rows, *context_.tolerance);
  const bool all_equal = findings.differences() + findings.left_out == 0 && refused.empty() && held.empty();
  if (repair == Repair::nothing || all_equal) {
    drop_stages();
  } else {
    tried_again_.merge(held);
    refuse(table, std::move(refused));
    if (repair != Repair::rows)
      rows_[table.source.id] +=
          stage(table).add_unknown(comparison.only_in_target(repair == Repair::left_out_too));
    stage(table).forget_equal(comparison.in_chunk());
    strict_ = *context_.tolerance;
    strict_->everything = false;
    strict_->quarantined.merge(before);  // tried once more, beside the rows of the chunk
  }
  comparison.finish();
  return findings;
}

}  // namespace sluice::applier
