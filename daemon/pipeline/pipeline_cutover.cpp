// The end of a pipeline, step by step: a flush and a comparison beside the application's writers, then the
// lock.

#include <utility>

#include "daemon/base/units.h"
#include "daemon/log/log.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

/// What is thrown on the way, as an answer.
ControlError refusal() {
  try {
    throw;
  } catch (const CutoverRefused& refused) {
    return {Refused::conflict, refused.code, refused.what(), refused.hint};
  } catch (...) {
    const auto report = report_failure(std::current_exception());
    const Refused why = report.failure == Failure::away ? Refused::unavailable : Refused::conflict;
    return {why, report.error.code, report.error.message, report.error.hint};
  }
}

std::string differences_of(const TableVerdict& table) {
  std::string counts;
  const auto add = [&](std::int64_t rows, const char* what) {
    if (rows > 0) counts += (counts.empty() ? "" : ", ") + std::to_string(rows) + " " + what;
  };
  add(table.missing, "missing");
  add(table.extra, "extra");
  add(table.differing, "differing");
  add(table.quarantined, "in quarantine");
  return table.target + " (" + counts + ")";
}

/// Rows that are in quarantine are no difference to a comparison, but they are to who moves.
std::optional<ControlError> unequal(const VerifyAnswer& found) {
  std::string list;
  for (const auto& table : found.tables) {
    if (table.differences() + table.quarantined > 0)
      list += (list.empty() ? "" : "; ") + differences_of(table);
  }
  if (list.empty()) return std::nullopt;
  return ControlError{Refused::conflict, "not_equal", "Postgres is not equal to the source: " + list,
                      "see which rows: sluicectl verify " + found.pipeline +
                          "; make them equal: sluicectl verify --repair " + found.pipeline};
}

CutoverAnswer answer_of(const CutoverOrder& order, const VerifyAnswer& verified, const CutoverEnd& end) {
  CutoverAnswer answer;
  answer.pipeline = order.pipeline;
  answer.position = end.position.value;
  answer.shared_with = order.shared_with;
  answer.fenced = order.fence && order.shared_with.empty();
  answer.locked_ms = in_milliseconds(end.locked);
  for (const auto& table : verified.tables)
    answer.tables.push_back({table.table, table.target, table.rows, table.dangling});
  for (const auto& each : end.sequences)
    answer.sequences.push_back({each.name, each.table, each.column, each.next});
  for (const auto& each : end.constraints)
    answer.constraints.push_back({each.name, each.table, each.reason, each.remedy});
  return answer;
}

}  // namespace

void Pipeline::cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply) {
  Cutover cutover{order, std::move(on_progress), std::move(reply), Pump::Clock::now()};
  cutover.order.pipeline = config_.name;
  on_strand([cutover = std::move(cutover)](Pipeline& self) {
    if (const auto closed = self.closed_to_cutover()) return cutover.reply(*closed);
    self.flush_before(cutover);
  });
}

std::optional<ControlError> Pipeline::closed_to_cutover() const {
  const std::string name = "pipeline '" + config_.name + "'";
  if (auto closed = closed_to_requests()) return closed;
  if (pump_.state() == State::copying)
    return ControlError{Refused::conflict, "copying", name + " is still copying tables",
                        "wait for the end of the copy: sluicectl status --watch"};
  if (const auto quarantined = replicator_.quarantine().size(); quarantined > 0)
    return ControlError{
        Refused::conflict, "rows_held_back",
        name + " has " + std::to_string(quarantined) + " row(s) in quarantine",
        "see: sluicectl quarantine list " + config_.name + "; mend and retry them, or discard them"};
  return std::nullopt;
}

/// Whatever stands in the way, a halt, a divergence, a server that is away, says so here.
void Pipeline::flush_before(const Cutover& cutover) {
  const auto flushed = [self = shared_from_this(),
                        cutover](const std::variant<FlushAnswer, ControlError>& answer) {
    if (const auto* error = std::get_if<ControlError>(&answer)) return cutover.reply(*error);
    self->verify_before(cutover);
  };
  request(FlushRequest{flushed, Pump::Clock::now(), board_.brought_over()});
}

void Pipeline::verify_before(const Cutover& cutover) {
  const auto verified = [self = shared_from_this(),
                         cutover](const std::variant<VerifyAnswer, ControlError>& answer) {
    if (const auto* error = std::get_if<ControlError>(&answer)) return cutover.reply(*error);
    const auto found = std::get<VerifyAnswer>(answer);
    if (const auto different = unequal(found)) return cutover.reply(*different);
    self->request(Command{[self, cutover, found] { return self->carry_out(cutover, found); },
                          [cutover](const ControlError& error) { cutover.reply(error); }});
  };
  verify({config_.name, "", false}, cutover.on_progress, verified);
}

bool Pipeline::carry_out(const Cutover& cutover, const VerifyAnswer& verified) try {
  cutover.on_progress({config_.name, "cutover", "the last changes", 0, 0});
  const Outcome outcome = replicator_.settle();
  if (outcome != Outcome::go_on)
    throw CutoverRefused("source_moved_on", "the source has to be looked at anew first", "try again");
  const CutoverEnd end = replicator_.cut_over(cutover.order);
  CutoverAnswer answer = answer_of(cutover.order, verified, end);
  answer.not_captured = not_captured(replicator_.state().catalog);
  answer.elapsed_ms = milliseconds_since(cutover.since);
  log_event(LogLevel::info, "cutover",
            {{"pipeline", config_.name},
             {"position", answer.position},
             {"fenced", answer.fenced},
             {"locked_ms", answer.locked_ms}});
  finish();
  cutover.reply(answer);
  return false;
} catch (...) {
  const ControlError refused = refusal();
  log_event(LogLevel::warning, "cutover_refused",
            {{"pipeline", config_.name}, {"code", refused.code}, {"message", refused.message}});
  cutover.reply(refused);
  return false;
}

/// Everything that was ever committed is in Postgres: flushes that wait are done.
void Pipeline::finish() {
  answer_flushes();
  pump_.failed({.failure = Failure::finished}, Pump::Clock::now());
  board_.clear_error();
}

}  // namespace sluice::daemon
