// What a person orders, which needs both sides open whatever the state: resync and adopt.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {
namespace {

bool touches_rows(const TableDifference& difference) {
  return difference.changed > 0 || difference.deleted > 0;
}

bool has_table(const capture::Catalog& catalog, const std::string& name) {
  return std::any_of(catalog.tables.begin(), catalog.tables.end(),
                     [&](const capture::SourceTable& table) { return table.name == name; });
}

}  // namespace

void Pipeline::give(Order order) {
  boost::asio::post(strand_, [self = shared_from_this(), order = std::move(order)] {
    const State state = self->ended_           ? State::stopped
                        : self->pump_.paused() ? State::paused
                                               : self->pump_.state();
    if (const auto closed = self->closed_to_flushes(state)) return order.refuse(*closed);
    self->orders_.push_back(order);
    self->pump_.order_given();
    self->schedule();
  });
}

void Pipeline::obey() {
  const Order order = orders_.front();
  const bool mended = order.carry_out();
  orders_.erase(orders_.begin());
  if (!mended) replicator_.close_target();
  pump_.obeyed(mended);
  if (!orders_.empty()) pump_.order_given();
}

void Pipeline::resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) {
  give({[this, order, on_progress = std::move(on_progress), reply] {
          return carry_out(order, on_progress, reply);
        },
        [reply](const ControlError& error) { reply(error); }});
}

bool Pipeline::carry_out(const ResyncOrder& order, const OnProgress& on_progress,
                         const Reply<ResyncAnswer>& reply) {
  const auto since = Pump::Clock::now();
  const bool every_table = replicator_.prepare_resync();
  if (const auto unfit = unfit_for_resync(order.table, every_table)) {
    reply(*unfit);
    return false;
  }
  ResyncAnswer answer{config_.name, "copied", {}, 0};
  if (!order.yes) {
    answer.tables = replicator_.compare(order.table);
    if (std::any_of(answer.tables.begin(), answer.tables.end(), touches_rows)) {
      answer.outcome = "needs_yes";
      answer.elapsed_ms = milliseconds_since(since);
      reply(answer);
      return false;
    }
  }
  replicator_.begin_resync(order.table);
  const auto copied = [answer, since, reply](const std::variant<FlushAnswer, ControlError>& flushed) mutable {
    if (const auto* error = std::get_if<ControlError>(&flushed)) return reply(*error);
    answer.elapsed_ms = milliseconds_since(since);
    reply(answer);
  };
  waiters_.push_back({copied, since, board_.brought_over(), on_progress});
  pump_.flush_requested();
  return true;
}

std::optional<ControlError> Pipeline::unfit_for_resync(const std::string& table, bool every_table) const {
  if (table.empty()) return std::nullopt;
  if (!has_table(replicator_.catalog(), table)) {
    return unknown_table(table);
  }
  if (every_table) {
    return ControlError{
        409, "every_table",
        "the history of the file is not the one that Postgres knows, so every table has to be "
        "copied again",
        "leave the table's name out"};
  }
  return std::nullopt;
}

void Pipeline::adopt(std::function<void(std::optional<ControlError>)> reply) {
  give({[this, reply] {
          replicator_.adopt();
          reply(std::nullopt);
          return true;
        },
        reply});
}

}  // namespace sluice::daemon
