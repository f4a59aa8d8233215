// Copying: the rows that were in the source before capture, beside the stream of changes.

#include <algorithm>

#include "applier/apply_error.h"
#include "applier/identifiers.h"
#include "daemon/log.h"
#include "daemon/replicator.h"

namespace sluice::daemon {

using applier::ExistingRows;
using applier::LargeBatch;
using applier::TargetTable;
using Phase = capture::CopyState::Phase;

namespace {

bool holds_rows(applier::Session& session, const TargetTable& table) {
  return session.exec("SELECT EXISTS (SELECT 1 FROM " + table.name + ")")[0][0].as<bool>();
}

std::string describe(const TargetTable& table, const applier::ExistingCounts& counts) {
  return table.display_name + " holds " + std::to_string(counts.foreign) +
         " row(s) that SQLite does not have and " + std::to_string(counts.differing) + " with other values";
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

}  // namespace

const TargetTable* Replicator::next_to_copy() const {
  // Parents come first, so that in ordinary mode the rows of a child find theirs.
  const auto unfinished =
      std::find_if(plan_.tables.begin(), plan_.tables.end(), [&](const TargetTable& table) {
        const auto found = progress_.find(table.source.name);
        return found == progress_.end() || found->second.copy.phase != Phase::streaming;
      });
  return unfinished == plan_.tables.end() ? nullptr : &*unfinished;
}

/// An empty table takes the rows as they come, chunk by chunk. One that holds rows is compared as a whole; so
/// is one whose rows point at one another, where the server checks that at once.
Replicator::CopyWay Replicator::way_to_copy(const TargetTable& table) {
  if (!rows_total_.contains(table.source.name))
    rows_total_[table.source.name] = source_->count_rows(table.source);
  if (progress(table).copy.phase == Phase::copying) return CopyWay::straight;
  if (session_->mode() == applier::ApplyMode::ordinary && table.references_itself) return CopyWay::compared;
  return holds_rows(*session_, table) ? CopyWay::compared : CopyWay::straight;
}

/// Writes a piece and says where the copy stands once it is committed.
applier::TableProgress Replicator::write_copy_piece(LargeBatch& batch, const capture::CopyChunk& piece) {
  const TargetTable& table = *plan_.find(piece.table);
  batch.copy_straight(table, piece.rows);
  applier::TableProgress next = progress(table);
  next.ours = config_.target.existing_rows != ExistingRows::merge;
  next.version = copy_version(table);
  next.rows_copied += static_cast<std::int64_t>(piece.rows.size());
  next.copy.phase = piece.frontier ? Phase::copying : Phase::streaming;
  next.copy.frontier = piece.frontier.value_or(capture::Key{});
  batch.save(table.source.name, next);
  return next;
}

/// Gathers every row of a table, with the changes that come in meanwhile, until both end at one boundary.
Replicator::Gathered Replicator::gather(LargeBatch& batch, const TargetTable& table,
                                        const capture::Anchor& from) {
  Gathered gathered;
  batch.gather(table, {});
  auto ask = request(from, &table);
  auto& state = ask.copy_states[table.source.id];
  state = {};
  while (true) {
    const auto chunk = read(ask);
    batch.add(chunk);
    gathered.changes += chunk.changes;
    gathered.to = chunk.to;
    ask.from = chunk.to;
    if (!chunk.copy) continue;
    batch.gather(table, chunk.copy->rows);
    gathered.rows += static_cast<std::int64_t>(chunk.copy->rows.size());
    if (!chunk.copy->frontier) return gathered;
    state = {Phase::copying, *chunk.copy->frontier};
  }
}

applier::ExistingCounts Replicator::count_existing(const TargetTable& table) {
  observe("check_existing");
  LargeBatch batch(*session_, plan_, context(), *row_);
  gather(batch, table, row_->applied);
  return batch.count_existing(table);
}

/// Before the first write: under `refuse` every row that a target table holds has to be in the source, and
/// equal.
void Replicator::check_existing_rows() {
  if (config_.target.existing_rows != ExistingRows::refuse) return;
  std::vector<std::string> findings;
  for (const auto& table : plan_.tables) {
    const auto& state = progress(table);
    if (state.copy.phase != Phase::pending || state.ours || !holds_rows(*session_, table)) continue;
    const auto counts = count_existing(table);
    if (counts.foreign + counts.differing > 0) findings.push_back(describe(table, counts));
  }
  if (!findings.empty()) throw existing_rows_error(findings);
}

/// What becomes of rows that the gathered table lacks: deleted where they are ours or the owner said so, else
/// kept, or a reason to stop.
void Replicator::settle_unknown_rows(LargeBatch& batch, const TargetTable& table) {
  const auto& state = progress(table);
  const bool left_out = state.ours && state.version == kAfterRule;
  if (config_.target.existing_rows == ExistingRows::replace && !left_out) return batch.delete_unknown(table);

  const auto counts = batch.count_existing(table);
  if (left_out) {
    if (counts.foreign > 0) {
      log_event(LogLevel::warning, "rows_left_in_postgres",
                {{"pipeline", config_.name}, {"table", table.source.name}, {"rows", counts.foreign}});
    }
  } else if (state.ours) {
    if (state.version == kAfterOverrun) check_deletions(table, counts);
    batch.delete_unknown(table);
  } else if (config_.target.existing_rows == ExistingRows::refuse) {
    if (counts.foreign + counts.differing > 0) throw existing_rows_error({describe(table, counts)});
  } else if (counts.foreign > 0) {
    log_event(LogLevel::warning, "rows_only_in_postgres",
              {{"pipeline", config_.name}, {"table", table.source.name}, {"rows", counts.foreign}});
  }
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

StepResult Replicator::copy_compared(const TargetTable& table) {
  observe("apply");
  LargeBatch batch(*session_, plan_, context(), *row_);
  const Gathered gathered = gather(batch, table, row_->applied);
  settle_unknown_rows(batch, table);
  applier::TableProgress next = progress(table);
  next.ours = config_.target.existing_rows != ExistingRows::merge;
  next.version = copy_version(table);
  next.rows_copied = gathered.rows;
  next.copy = {Phase::streaming, {}};
  batch.save(table.source.name, next);
  observe("commit");
  const auto held_back = batch.commit(gathered.to, true);

  progress(table) = next;
  advanced(gathered.to, true);
  StepResult result;
  result.changes = gathered.changes;
  result.rows_copied = gathered.rows;
  result.wrote = true;
  result.copying = copying();
  const bool try_again = keep_account(held_back);
  result.more = result.copying || try_again;
  return result;
}

}  // namespace sluice::daemon
