#include "daemon/sync/replicator.h"

#include <algorithm>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/server/quarantine.h"
#include "applier/server/state_store.h"
#include "daemon/sync/source_place.h"
#include "daemon/sync/target_place.h"

namespace sluice::daemon {
Replicator::Replicator(const PipelineConfig& config, std::shared_ptr<applier::Lifeline> lifeline,
                       Observer observer)
    : config_(config),
      target_(target_options(config)),
      lifeline_(std::move(lifeline)),
      observer_(std::move(observer)),
      source_(config_, [this] { observe("open_source"); }) {
  tolerance_.everything = config_.on_error == OnError::quarantine;
}

Replicator::~Replicator() = default;

void Replicator::open() {
  close_target();
  // The server first: a pipeline that has ended says so there, and then nothing may be written to the file.
  observe("connect");
  session_ = std::make_unique<applier::Session>(target_, lifeline_);
  if (last_backend_ != 0) session_->end_backend(std::exchange(last_backend_, 0));
  applier::ensure_state_schema(*session_, target_.state_schema);
  load();
  source_.open_afresh();
}

void Replicator::close_target() {
  if (session_) last_backend_ = session_->backend_pid();
  session_.reset();
}

void Replicator::close() {
  close_target();
  source_.close();
}

void Replicator::discarded(const std::vector<applier::RowName>& rows) {
  for (const auto& row : rows) tolerance_.held_back.erase(row);
  if (!session_) return;
  // One of them may have been refused again meanwhile.
  tolerance_.held_back = applier::held_back_rows(*session_, {target_.state_schema, config_.name}, damage_);
}

void Replicator::confirm() {
  applier::confirm_position(*session_, target_.state_schema, config_.name, *row_);
}

std::optional<capture::Position> Replicator::captured() {
  try {
    return source_.open().captured();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool Replicator::has_gone_on() {
  const auto position = captured();
  return position && *position > read_to_;
}

std::vector<TableView> Replicator::tables() const {
  std::vector<TableView> views;
  for (const auto& table : plan_.tables) {
    TableView view{table.source.name, table.display_name, {}, 0};
    if (const auto found = progress_.find(table.source.name); found != progress_.end())
      view.progress = found->second;
    if (const auto found = rows_total_.find(table.source.name); found != rows_total_.end()) {
      view.rows_total = found->second;
    }
    views.push_back(std::move(view));
  }
  return views;
}

applier::TableProgress& Replicator::progress(const applier::TargetTable& table) {
  return progress_[table.source.name];
}

applier::BatchContext Replicator::context() {
  return {config_.name, target_.state_schema, {target_.nul, target_.invalid_utf8, &notes_}, &tolerance_};
}

/// A row has nowhere to go whose table is no longer captured.
void Replicator::forget_rows_of_lost_tables() {
  std::vector<applier::RowName> lost;
  for (const auto& row : tolerance_.held_back) {
    const bool captured = std::any_of(plan_.tables.begin(), plan_.tables.end(),
                                      [&](const auto& table) { return table.source.name == row.first; });
    if (!captured) lost.push_back(row);
  }
  if (lost.empty()) return;
  session_->exec(applier::resolve_sql(target_.state_schema, config_.name, lost));
  for (const auto& row : lost) tolerance_.held_back.erase(row);
}

/// The rows in quarantine that the next batch tries again: not all at once, because they are read in one
/// snapshot and held in memory.
std::vector<applier::RowName> Replicator::due_again() const {
  constexpr std::size_t kAtOnce = 1000;
  std::vector<applier::RowName> due;
  if (!retry_quarantined_) return due;
  for (auto row = tolerance_.held_back.upper_bound(retried_to_);
       row != tolerance_.held_back.end() && due.size() < kAtOnce; ++row) {
    due.push_back(*row);
  }
  return due;
}

void Replicator::add_held_back_keys(capture::ReadRequest& request) const {
  for (const auto& row : due_again()) {
    const auto found = std::find_if(plan_.tables.begin(), plan_.tables.end(),
                                    [&](const auto& table) { return table.source.name == row.first; });
    if (found != plan_.tables.end())
      request.also[found->source.id].push_back(capture::decode_key(row.second));
  }
}

/// True where rows are left to be tried again: the next ones, or all of them, because they may have waited
/// for those that have been let in. Only a batch that ends at a boundary has tried any.
bool Replicator::keep_account(const applier::HeldBack& held_back, bool at_boundary) {
  const auto tried = due_again();
  if (at_boundary && !tried.empty()) retried_to_ = tried.back();
  for (const auto& row : held_back.resolved) tolerance_.held_back.erase(row);
  tolerance_.held_back.insert(held_back.refused.begin(), held_back.refused.end());
  tolerance_.skipped.clear();
  retry_helped_ = retry_helped_ || !held_back.resolved.empty();
  if (!at_boundary || !due_again().empty()) return retry_quarantined_;
  retry_quarantined_ = std::exchange(retry_helped_, false) && !tolerance_.held_back.empty();
  retried_to_ = {};
  return retry_quarantined_;
}

}  // namespace sluice::daemon
