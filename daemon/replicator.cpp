#include "daemon/replicator.h"

#include <algorithm>
#include <utility>

#include "applier/apply_error.h"
#include "applier/state_store.h"
#include "daemon/source_place.h"
#include "daemon/target_place.h"

namespace sluice::daemon {
namespace {

/// Between two looks at a file that was closed in the meantime: did nobody but this close touch it?
bool untouched(const FileSignature& before, const FileSignature& after) {
  const auto same = [&](std::size_t first) {
    return std::equal(before.facts.begin() + first, before.facts.begin() + first + 4,
                      after.facts.begin() + first);
  };
  const bool log_gone =
      std::all_of(after.facts.begin() + 4, after.facts.end(), [](long long f) { return f == 0; });
  return same(0) && (same(4) || log_gone);
}

/// A file that can't be read just now may well have changed.
bool changed_or_unsure(capture::Source& source) {
  try {
    return source.changed();
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace

Replicator::Replicator(const PipelineConfig& config, std::shared_ptr<applier::Lifeline> lifeline,
                       Observer observer)
    : config_(config),
      target_(target_options(config)),
      lifeline_(std::move(lifeline)),
      observer_(std::move(observer)) {
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
  if (!source_ || source_->replaced()) open_source();
}

void Replicator::open_source() {
  observe("open_source");
  left_at_.reset();
  source_ = std::make_unique<capture::Source>(source_options(config_));
}

void Replicator::close_target() {
  if (session_) last_backend_ = session_->backend_pid();
  session_.reset();
}

void Replicator::close() {
  close_target();
  source_.reset();
  left_at_.reset();
}

void Replicator::close_source() {
  if (!source_) return;
  const auto before = signature_of(config_.source.path);
  if (changed_or_unsure(*source_)) {
    missed_change_ = true;
    return;
  }
  source_.reset();
  const auto after = signature_of(config_.source.path);
  if (untouched(before, after)) left_at_ = after;
}

bool Replicator::source_changed() {
  if (std::exchange(missed_change_, false)) return true;
  if (!source_) return !left_at_ || signature_of(config_.source.path) != *left_at_;
  return source_->replaced() || source_->changed();
}

bool Replicator::at_rest() const {
  return !source_ && left_at_ && signature_of(config_.source.path) == *left_at_;
}

void Replicator::confirm() {
  applier::confirm_position(*session_, target_.state_schema, config_.name, *row_);
}

std::optional<capture::Position> Replicator::captured() {
  try {
    if (!source_) open_source();
    return source_->captured();
  } catch (const std::exception&) {
    return std::nullopt;
  }
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

applier::BatchContext Replicator::context() const {
  return {config_.name, target_.state_schema, {target_.nul, target_.invalid_utf8}};
}

}  // namespace sluice::daemon
