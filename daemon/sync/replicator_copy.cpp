// Copying: the rows that were in the source before capture, beside the stream of changes.

#include <algorithm>
#include <memory>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/server/rows_there.h"
#include "applier/values/identifiers.h"
#include "daemon/log/log.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {

using applier::ExistingRows;
using applier::LargeBatch;
using applier::OnlyInTarget;
using applier::TargetTable;
using Phase = capture::CopyState::Phase;

namespace {

std::string describe(const TargetTable& table, std::int64_t foreign, std::int64_t differing) {
  return table.display_name + " holds " + std::to_string(foreign) + " row(s) that SQLite does not have and " +
         std::to_string(differing) + " with other values";
}

applier::ApplyError existing_rows_error(const std::vector<std::string>& findings) {
  applier::ApplyError error(
      applier::Fault::table,
      "rows that were there before: " + applier::join(findings, "; ") + "; nothing was written");
  error.code = "existing_rows";
  error.hint =
      "make them equal, or set target.existing_rows to merge (keep what only Postgres has) or to replace "
      "(make the tables equal)";
  return error;
}

void refuse_existing(const TargetTable& table, std::int64_t foreign, std::int64_t differing) {
  if (foreign + differing > 0) throw existing_rows_error({describe(table, foreign, differing)});
}

/// Where a copy stands once a piece is committed.
capture::CopyState stands_at(const capture::CopyChunk& piece) {
  if (!piece.frontier) return {Phase::streaming, {}};
  return {Phase::copying, *piece.frontier};
}

}  // namespace

std::vector<const TargetTable*> Replicator::unfinished() const {
  // Parents come first, so that in ordinary mode the rows of a child find theirs.
  std::vector<const TargetTable*> tables;
  for (const TargetTable& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    if (found == progress_.end() || found->second.copy.phase != Phase::streaming) tables.push_back(&table);
  }
  return tables;
}

const TargetTable* Replicator::next_to_copy() const {
  const auto tables = unfinished();
  return tables.empty() ? nullptr : tables.front();
}

Replicator::CopyWay Replicator::way_to_copy(const TargetTable& table) {
  if (!rows_total_.contains(table.source.name))
    rows_total_[table.source.name] = source_.open().count_rows(table.source);
  const auto& state = progress(table);
  if (state.copy.phase == Phase::copying) {
    return state.only_in_target == OnlyInTarget::unasked ? CopyWay::straight : CopyWay::compared;
  }
  // Rows that point at one another are checked by the server at once there.
  if (session_->mode() == applier::ApplyMode::ordinary && table.references_itself) return CopyWay::whole;
  return applier::holds_rows(*session_, table) ? CopyWay::compared : CopyWay::straight;
}

/// Asked whenever tables begin to wait for their copy, in one question.
void Replicator::note_filled_tables() {
  filled_.clear();
  std::vector<const TargetTable*> pending;
  for (const TargetTable* table : unfinished())
    if (progress(*table).copy.phase == Phase::pending) pending.push_back(table);
  const auto filled = applier::hold_rows(*session_, pending);
  for (std::size_t i = 0; i < pending.size(); ++i)
    if (filled[i]) filled_.insert(pending[i]->source.name);
}

StepResult Replicator::copy(const TargetTable& table) {
  const CopyWay way = way_to_copy(table);
  if (way == CopyWay::whole) return copy_whole({&table});
  try {
    return replay(way == CopyWay::straight ? straight_copy(table) : compared_copy(table));
  } catch (const applier::ApplyError& refusal) {
    const bool meets_rows = way == CopyWay::compared || !filled_.empty();
    if (!meets_rows || !refusal.waits_for_other_rows()) throw;
  }
  // Rows that are in the way may be ones that the scans have still to come by, of this table or of another.
  return copy_whole(unfinished());
}

/// An empty table takes the rows as they come, piece by piece.
Replicator::Ride Replicator::straight_copy(const TargetTable& table) {
  const auto next = std::make_shared<applier::TableProgress>();
  Ride ride;
  ride.table = &table;
  ride.frontier = progress(table).copy.frontier;
  ride.straight = true;
  ride.board = [&table](LargeBatch& batch, const capture::CopyChunk& piece, LargeBatch::Straight way) {
    batch.copy_straight(table, piece.rows, way);
  };
  ride.seal = [this, &table, next](LargeBatch& batch, const capture::CopyChunk& last, std::int64_t rows) {
    *next = progress(table);
    next->version = copy_version(table);
    next->ours = config_.target.existing_rows != ExistingRows::merge;
    next->rows_copied += rows;
    next->copy = stands_at(last);
    batch.save(table.source.name, *next);
  };
  ride.arrive = [this, &table, next](const capture::CopyChunk& /*last*/) { progress(table) = *next; };
  return ride;
}

/// One that holds rows is compared piece by piece, and what differs is written.
Replicator::Ride Replicator::compared_copy(const TargetTable& table) {
  const auto findings = std::make_shared<applier::Findings>();
  const auto next = std::make_shared<applier::TableProgress>();
  const OnlyInTarget fate = fate_of_unknown(table);
  Ride ride;
  ride.table = &table;
  ride.frontier = progress(table).copy.frontier;
  ride.board = [&table, findings, fate, frontier = ride.frontier](
                   LargeBatch& batch, const capture::CopyChunk& piece, LargeBatch::Straight /*way*/) {
    const auto mend = fate == OnlyInTarget::deleted ? applier::Mend::left_out_too : applier::Mend::rows;
    *findings = batch.compare(table, {&piece, applier::scanned_to(frontier)}, mend);
    if (fate == OnlyInTarget::refused)
      refuse_existing(table, findings->extra + findings->left_out, findings->differing);
  };
  ride.seal = [this, &table, next, fate](LargeBatch& batch, const capture::CopyChunk& piece,
                                         std::int64_t rows) {
    *next = progress(table);
    next->version = copy_version(table);
    next->rows_copied += rows;
    next->copy = stands_at(piece);
    next->only_in_target = piece.frontier ? fate : OnlyInTarget::unasked;
    if (!piece.frontier) next->ours = config_.target.existing_rows != ExistingRows::merge;
    batch.save(table.source.name, *next);
  };
  ride.arrive = [this, &table, next, findings, fate](const capture::CopyChunk& piece) {
    progress(table) = *next;
    if (fate == OnlyInTarget::kept) kept_rows_[table.source.name] += findings->extra + findings->left_out;
    if (piece.frontier) return;
    filled_.erase(table.source.name);
    tell_kept_rows(table, std::exchange(kept_rows_[table.source.name], 0));
  };
  return ride;
}

/// Gathers every row of a table, with the changes that come in meanwhile, until both end at one boundary,
/// where `ask` then goes on.
Replicator::Gathered Replicator::gather(LargeBatch& batch, const TargetTable& table,
                                        capture::ReadRequest& ask) {
  Gathered gathered;
  batch.gather(table, {});
  auto& state = ask.copy_states[table.source.id];
  state = {};
  ask.copy = capture::CopyAsk{table.source.id, {}};
  while (state.phase != Phase::streaming) {
    const auto chunk = read(ask);
    batch.add(chunk);
    gathered.changes += chunk.changes;
    ask.from = chunk.to;
    if (!chunk.copy) continue;
    batch.gather(table, chunk.copy->rows);
    gathered.rows += static_cast<std::int64_t>(chunk.copy->rows.size());
    ask.copy->frontier = chunk.copy->frontier.value_or(capture::Key{});
    state = {chunk.copy->frontier ? Phase::copying : Phase::streaming, ask.copy->frontier};
  }
  ask.copy.reset();
  return gathered;
}

applier::ExistingCounts Replicator::count_existing(const TargetTable& table) {
  observe("check_existing");
  LargeBatch batch(*session_, plan_, context(), *row_);
  auto ask = request(row_->applied, {});
  gather(batch, table, ask);
  return batch.count_existing(table);
}

/// Before the first write: under `refuse` every row that a target table holds has to be in the source, and
/// equal.
void Replicator::check_existing_rows() {
  if (config_.target.existing_rows != ExistingRows::refuse) return;
  std::vector<std::string> findings;
  for (const auto& table : plan_.tables) {
    const auto& state = progress(table);
    if (state.copy.phase != Phase::pending || state.ours || !applier::holds_rows(*session_, table)) continue;
    const auto counts = count_existing(table);
    if (counts.foreign + counts.differing > 0)
      findings.push_back(describe(table, counts.foreign, counts.differing));
  }
  if (!findings.empty()) throw existing_rows_error(findings);
}

/// What becomes of rows that only the target has: deleted where they are ours or the owner said so, else
/// kept, or a reason to stop. Decided before the first piece.
OnlyInTarget Replicator::fate_of_unknown(const TargetTable& table) {
  const auto& state = progress(table);
  if (state.only_in_target != OnlyInTarget::unasked) return state.only_in_target;
  const bool left_out = state.ours && state.version == kAfterRule;
  if (left_out) return OnlyInTarget::kept;
  if (config_.target.existing_rows == ExistingRows::replace) return OnlyInTarget::deleted;
  if (state.ours && state.version == kAfterOverrun) check_deletions(table, count_existing(table));
  if (state.ours) return OnlyInTarget::deleted;
  return config_.target.existing_rows == ExistingRows::refuse ? OnlyInTarget::refused : OnlyInTarget::kept;
}

/// The same for a table that has been gathered as a whole.
void Replicator::settle_unknown_rows(LargeBatch& batch, const TargetTable& table, OnlyInTarget fate) {
  if (fate == OnlyInTarget::deleted) return batch.delete_unknown(table);
  const auto counts = batch.count_existing(table);
  if (fate == OnlyInTarget::kept) return tell_kept_rows(table, counts.foreign);
  refuse_existing(table, counts.foreign, counts.differing);
}

void Replicator::tell_kept_rows(const TargetTable& table, std::int64_t rows) const {
  if (rows == 0) return;
  const bool merged = config_.target.existing_rows == ExistingRows::merge;
  log_event(LogLevel::warning, merged ? "rows_only_in_postgres" : "rows_left_in_postgres",
            {{"pipeline", config_.name}, {"table", table.source.name}, {"rows", rows}});
}

/// The ring that passed by has taken the record of what was deleted with it, and a file that was put back
/// looks the same from here: many rows gone at once are a person's to decide.
void Replicator::check_deletions(const TargetTable& table, const applier::ExistingCounts& counts) const {
  constexpr std::int64_t kMostRows = 1000;
  constexpr std::int64_t kMostPercent = 1;
  if (counts.foreign <= kMostRows && counts.foreign * 100 <= counts.rows * kMostPercent) return;
  throw Diverged("resync_would_delete",
                 "changes have left the changelog before they were read, and copying again would delete " +
                     std::to_string(counts.foreign) + " of " + std::to_string(counts.rows) + " rows of " +
                     table.display_name,
                 "if SQLite is right, say so with: sluicectl resync " + config_.name);
}

/// Everything that the tables hold, compared in one transaction.
StepResult Replicator::copy_whole(const std::vector<const TargetTable*>& tables) {
  std::map<const TargetTable*, OnlyInTarget> fates;
  for (const TargetTable* table : tables) fates[table] = fate_of_unknown(*table);
  observe("apply");
  LargeBatch batch(*session_, plan_, context(), *row_);
  note_scans(batch);
  auto ask = request(row_->applied, {});
  for (const TargetTable* table : tables) ask.copy_states[table->source.id] = {};
  Gathered all;
  std::map<const TargetTable*, applier::TableProgress> next;
  for (const TargetTable* table : tables) {
    const Gathered gathered = gather(batch, *table, ask);
    all = {all.changes + gathered.changes, all.rows + gathered.rows};
    next[table] = progress(*table);
    next[table].rows_copied = gathered.rows;
  }
  for (const TargetTable* table : tables) {
    settle_unknown_rows(batch, *table, fates[table]);
    auto& state = next[table];
    state.ours = config_.target.existing_rows != ExistingRows::merge;
    state.version = copy_version(*table);
    state.only_in_target = OnlyInTarget::unasked;
    state.copy = {Phase::streaming, {}};
    batch.save(table->source.name, state);
    batch.forget_keys(*table);
  }
  observe("commit");
  const auto held_back = batch.commit(ask.from, true);

  for (const auto& [table, state] : next) {
    progress(*table) = state;
    filled_.erase(table->source.name);
  }
  advanced(ask.from, true);
  StepResult result;
  result.changes = all.changes;
  result.rows_copied = all.rows;
  result.wrote = true;
  result.copying = copying();
  const bool try_again = keep_account(held_back, true);
  result.more = result.copying || try_again;
  return result;
}

}  // namespace sluice::daemon
