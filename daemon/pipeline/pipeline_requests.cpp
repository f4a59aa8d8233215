// What people ask of a pipeline: flushes, a pause and its end, another attempt, and to leave.

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {

void Pipeline::flush(FlushReply reply) {
  // Counted from now on: a batch that is under way may well be what the flush waits for.
  FlushRequest flush{std::move(reply), Pump::Clock::now(), board_.brought_over()};
  on_strand([flush = std::move(flush)](Pipeline& self) { self.request(flush); });
}

void Pipeline::request(FlushRequest flush) {
  if (const auto closed = closed_to_requests()) return flush.reply(*closed);
  requests_.flushes.push_back(std::move(flush));
  pump_.requested(Request::flush);
  schedule();
}

std::optional<ControlError> Pipeline::start_flush() {
  if (auto closed = closed_to_requests(board_.report().state)) return closed;
  flush([](const auto&) {});
  return std::nullopt;
}

std::optional<ControlError> Pipeline::closed_to_requests() const {
  return closed_to_requests(ended_ ? State::stopped : pump_.paused() ? State::paused : pump_.state());
}

std::optional<ControlError> Pipeline::closed_to_requests(State state) const {
  const std::string name = "pipeline '" + config_.name + "'";
  if (state == State::paused) {
    return ControlError{Refused::conflict, "paused", name + " is paused",
                        "end the pause with: sluicectl resume " + config_.name};
  }
  if (state == State::stopped) {
    return ControlError{Refused::conflict, "stopped", name + " has been let go of", "start the daemon again"};
  }
  return std::nullopt;
}

void Pipeline::answer_flushes() {
  const auto brought = board_.brought_over();
  for (auto& flush : std::exchange(requests_.flushes, {})) {
    FlushAnswer answer;
    answer.pipeline = config_.name;
    answer.changes = brought - flush.brought_before;
    answer.outcome = answer.changes > 0 ? "flushed" : "nothing_to_do";
    answer.position = replicator_.state().row->applied.position.value;
    answer.quarantined = replicator_.quarantine().size();
    answer.elapsed_ms = milliseconds_since(flush.since);
    board_.note_flush({std::chrono::system_clock::now(), answer.changes, answer.elapsed_ms});
    flush.reply(answer);
  }
}

ControlError Pipeline::refusal_of(const ErrorReport& error) const {
  const bool away = pump_.state() == State::retrying;
  const bool source = error.cls == "source";
  const std::string code = !away ? to_string(pump_.state()) : source ? error.code : "target_away";
  std::string message = "pipeline '" + config_.name + "': " + error.message;
  if (!error.table.empty())
    message += " (table " + error.table + (error.key.empty() ? "" : ", key " + error.key) + ")";
  if (!error.sqlstate.empty()) message += " [SQLSTATE " + error.sqlstate + "]";
  return {away ? Refused::unavailable : Refused::conflict, code, message, error.hint};
}

void Pipeline::pause(Reply<Done> reply) {
  on_strand([reply = std::move(reply)](Pipeline& self) {
    self.pump_.pause_requested();
    if (!self.pause_mark_.set())
      log_event(LogLevel::warning, "pause_not_kept",
                {{"pipeline", self.config_.name},
                 {"hint", "the folder for state takes no files: the pause ends with the daemon"}});
    const ControlError paused = *self.closed_to_requests(State::paused);
    self.requests_.refuse(paused);
    self.refuse_comparisons(paused, false);
    self.publish();
    reply(Done{"paused"});
    self.schedule();
  });
}

void Pipeline::resume(Reply<Done> reply) {
  on_strand([reply = std::move(reply)](Pipeline& self) {
    self.pump_.resume_requested();
    self.pause_mark_.take_away();
    self.publish();
    reply(Done{"resumed"});
    self.schedule();
  });
}

void Pipeline::retry(Reply<Done> reply) {
  on_strand([reply = std::move(reply)](Pipeline& self) {
    self.pump_.retry_requested();
    reply(Done{"retrying"});
    self.schedule();
  });
}

void Pipeline::leave(std::function<void()> left) {
  on_strand([left = std::move(left)](Pipeline& self) {
    if (self.ended_) return left();
    self.left_.push_back(left);
    self.pump_.leave_requested();
    self.schedule();
  });
}

}  // namespace sluice::daemon
