#include "daemon/pipeline/status_board.h"

#include <algorithm>

#include "daemon/base/redact.h"
#include "daemon/base/units.h"
#include "daemon/report/clock_text.h"
#include "daemon/sync/source_place.h"
#include "daemon/sync/table_view.h"

namespace sluice::daemon {
namespace {

const char* word(capture::CopyState::Phase phase) {
  switch (phase) {
    case capture::CopyState::Phase::pending:
      return "pending";
    case capture::CopyState::Phase::copying:
      return "copying";
    case capture::CopyState::Phase::streaming:
      return "streaming";
  }
  return "pending";
}

/// Nothing where the server says none that we can read, as 'infinity', which somebody has put there.
std::optional<WallTime> commit_time(const std::string& text) {
  try {
    return parse_utc(text);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace

StatusBoard::StatusBoard(const PipelineConfig& config) {
  report_.name = config.name;
  report_.mode = config.mode == Mode::continuous ? "continuous" : "manual";
  report_.source_path = config.source.path.string();
  report_.target_url = redact_url(config.target.url);
}

void StatusBoard::note_step(const StepResult& result, Pump::Time now) {
  const std::scoped_lock lock(mutex_);
  report_.changes_applied += result.changes;
  report_.rows_copied += result.rows_copied;
  if (result.wrote) {
    ++report_.batches;
    report_.last_commit_at = std::chrono::system_clock::now();
  }
  if (result.at_boundary && !result.copying) equal_at_ = now;
}

void StatusBoard::note_error(ErrorReport error, std::optional<Waiting> waiting) {
  const std::scoped_lock lock(mutex_);
  const bool again = report_.error && report_.error->id == error.id;
  error.since = again ? report_.error->since : std::chrono::system_clock::now();
  error.attempts = again ? report_.error->attempts + 1 : 1;
  if (waiting) {
    const bool still = report_.waiting && report_.waiting->what == waiting->what;
    if (still) waiting->since = report_.waiting->since;
    if (waiting->since == WallTime()) waiting->since = error.since;
  }
  report_.waiting = std::move(waiting);
  report_.error = std::move(error);
}

void StatusBoard::note_flush(const FlushReport& flush) {
  const std::scoped_lock lock(mutex_);
  report_.last_flush = flush;
}

void StatusBoard::clear_error() {
  const std::scoped_lock lock(mutex_);
  report_.error.reset();
  report_.waiting.reset();
}

void StatusBoard::set_captured(capture::Position position) {
  const std::scoped_lock lock(mutex_);
  if (position.value < captured_) seen_.forget();  // a history that began anew
  seen_.note(position.value, std::chrono::system_clock::now());
  if (position.value == captured_) return;
  captured_ = position.value;
  report_.captured = std::max(captured_, report_.applied);
  count_pending();
}

void StatusBoard::count_pending() {
  // The difference means something only once Postgres has been asked for its position.
  report_.pending = reached_ ? std::max<std::int64_t>(0, report_.captured - report_.applied) : 0;
}

void StatusBoard::refresh(const Pump& pump, const Replicator& replicator) {
  const SyncState& state = replicator.state();
  auto tables = view_tables(state);
  const std::scoped_lock lock(mutex_);
  report_.state = pump.state();
  if (report_.state == State::diverged) seen_.forget();
  retry_at_ = pump.retry_at();
  const auto* session = replicator.link().session();
  report_.connected = session != nullptr;
  if (session != nullptr) {
    report_.apply_mode = session->mode() == applier::ApplyMode::replica ? "replica" : "ordinary";
    report_.server_version = session->server_version();
  }
  const auto& catalog = state.catalog;
  report_.source_id = catalog.source_id;
  report_.journal_mode = catalog.journal_mode;
  report_.not_captured = not_captured(catalog);
  if (const auto& row = state.row) {
    reached_ = true;
    report_.applied = row->applied.position.value;
    report_.captured = std::max(captured_, report_.applied);
    if (!report_.last_commit_at) report_.last_commit_at = commit_time(row->last_commit_at);
  }
  count_pending();
  report_.quarantined = replicator.quarantine().size();
  const std::string refused = report_.error && report_.state == State::halted ? report_.error->table : "";
  report_.tables.clear();
  for (auto& table : tables) {
    const bool halted = !refused.empty() && refused == table.name;
    report_.tables.push_back({table.name, table.target, halted ? "halted" : word(table.progress.copy.phase),
                              table.progress.rows_copied,
                              std::max(table.rows_total, table.progress.rows_copied), table.units});
  }
  note_work(state.verification ? &*state.verification : nullptr, Pump::Clock::now());
}

std::optional<WorkProgress> StatusBoard::copy_under_way() const {
  if (report_.state != State::copying) return std::nullopt;
  const auto& tables = report_.tables;
  const auto table = std::find_if(tables.begin(), tables.end(),
                                  [](const TableReport& each) { return each.state == "copying"; });
  if (table == tables.end()) return std::nullopt;
  return WorkProgress{report_.name, "copy", table->name, table->rows_copied, table->rows_total};
}

/// A comparison waits while a table is copied.
void StatusBoard::note_work(const Verification* verification, Pump::Time now) {
  const bool comparing = verification != nullptr && verification->begun() && !verification->done();
  if (const auto copy = copy_under_way()) {
    meter_.note(*copy, now);
  } else if (comparing) {
    meter_.note(verification->progress(), now);
  } else {
    meter_.end();
  }
}

std::optional<WorkProgress> StatusBoard::work() const {
  const std::scoped_lock lock(mutex_);
  const auto work = meter_.report(Pump::Clock::now());
  if (!work) return std::nullopt;
  return WorkProgress{report_.name, work->kind, work->table, work->rows, work->rows_total};
}

void StatusBoard::saw(capture::Position newest) {
  const std::scoped_lock lock(mutex_);
  seen_.note(newest.value, std::chrono::system_clock::now());
}

SeenMarks StatusBoard::seen_marks() const {
  const std::scoped_lock lock(mutex_);
  return seen_;
}

std::int64_t StatusBoard::brought_over() const {
  const std::scoped_lock lock(mutex_);
  return report_.changes_applied + report_.rows_copied;
}

PipelineReport StatusBoard::report() const {
  const auto now = Pump::Clock::now();
  const std::scoped_lock lock(mutex_);
  PipelineReport report = report_;
  const auto lacks_rows = [](const TableReport& table) {
    return table.state == "pending" || table.state == "copying";
  };
  const bool whole = !report.tables.empty() && std::ranges::none_of(report.tables, lacks_rows);
  const bool stands = report.state == State::halted || report.state == State::diverged;
  const bool equal =
      reached_ && report.pending == 0 && (report.state == State::finished || (whole && !stands));
  report.behind_s = equal ? 0 : in_seconds(now - equal_at_);
  report.work = meter_.report(now);
  if (report.state != State::retrying) report.waiting.reset();
  if (report.error && retry_at_) report.error->next_retry_s = std::max(0.0, in_seconds(*retry_at_ - now));
  return report;
}

}  // namespace sluice::daemon
