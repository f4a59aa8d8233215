// Commands, which need both sides open whatever the state: resync and adopt.

#include <algorithm>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {
namespace {

constexpr const char* kNeedsYes = "needs_yes";

bool touches_rows(const TableDifference& difference) {
  return difference.changed > 0 || difference.deleted > 0;
}

bool has_table(const capture::Catalog& catalog, const std::string& name) {
  return std::any_of(catalog.tables.begin(), catalog.tables.end(),
                     [&](const capture::SourceTable& table) { return table.name == name; });
}

}  // namespace

void Pipeline::request(Command command) {
  on_strand([command = std::move(command)](Pipeline& self) {
    if (const auto closed = self.closed_to_requests()) return command.refuse(*closed);
    self.requests_.commands.push_back(command);
    self.pump_.requested(Request::command);
    self.schedule();
  });
}

void Pipeline::resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) {
  request(Command{[this, order, on_progress = std::move(on_progress), reply] {
                    return carry_out(order, on_progress, reply);
                  },
                  [reply](const ControlError& error) { reply(error); }});
}

bool Pipeline::carry_out(const ResyncOrder& order, const OnProgress& on_progress,
                         const Reply<ResyncAnswer>& reply) {
  const auto since = Pump::Clock::now();
  ResyncAnswer answer{config_.name, "copied", {}, 0};
  // Whoever is answered finds the file as it stays, so what was put in only to look is out by then.
  if (const auto refused = begin_resync(order, answer)) {
    reply(*refused);
    return false;
  }
  if (answer.outcome == kNeedsYes) {
    answer.elapsed_ms = milliseconds_since(since);
    reply(answer);
    return false;
  }
  const auto copied = [this, order, answer, since, on_progress,
                       reply](const std::variant<FlushAnswer, ControlError>& flushed) {
    if (const auto* error = std::get_if<ControlError>(&flushed)) return reply(*error);
    compare_copied(order, answer, since, on_progress, reply);
  };
  requests_.flushes.push_back({copied, since, board_.brought_over(), on_progress});
  pump_.requested(Request::flush);
  return true;
}

void Pipeline::compare_copied(const ResyncOrder& order, ResyncAnswer answer, Pump::Time since,
                              const OnProgress& on_progress, const Reply<ResyncAnswer>& reply) {
  const auto compared = [answer = std::move(answer), since,
                         reply](const std::variant<VerifyAnswer, ControlError>& found) mutable {
    if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
    for (const auto& table : std::get<VerifyAnswer>(found).tables) {
      if (table.is_equal()) continue;
      answer.outcome = "different";
      answer.unequal.push_back(table.target);
      answer.rewritten_by.insert(answer.rewritten_by.end(), table.rewritten_by.begin(),
                                 table.rewritten_by.end());
    }
    answer.elapsed_ms = milliseconds_since(since);
    reply(answer);
  };
  verify({config_.name, order.table, false}, on_progress, compared);
}

std::optional<ControlError> Pipeline::begin_resync(const ResyncOrder& order, ResyncAnswer& answer) {
  Resync resync = replicator_.resync();
  if (auto unfit = unfit_for_resync(order.table, resync.every_table())) return unfit;
  if (!order.yes) {
    answer.tables = resync.compare(order.table);
    if (std::any_of(answer.tables.begin(), answer.tables.end(), touches_rows)) {
      answer.outcome = kNeedsYes;
      return std::nullopt;
    }
  }
  resync.begin(order.table);
  return std::nullopt;
}

std::optional<ControlError> Pipeline::unfit_for_resync(const std::string& table, bool every_table) const {
  if (table.empty()) return std::nullopt;
  if (!has_table(replicator_.state().catalog, table)) {
    return unknown_table(table);
  }
  if (every_table) {
    return ControlError{
        Refused::conflict, "every_table",
        "the history of the file is not the one that Postgres knows, so every table has to be "
        "copied again",
        "leave the table's name out"};
  }
  return std::nullopt;
}

void Pipeline::adopt(std::function<void(std::optional<ControlError>)> reply) {
  request(Command{[this, reply] {
                    replicator_.adopt();
                    reply(std::nullopt);
                    return true;
                  },
                  reply});
}

}  // namespace sluice::daemon
