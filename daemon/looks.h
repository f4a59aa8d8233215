#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "daemon/inspect/log_view.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// What people ask to see of a pipeline, and what they do about its quarantine: over connections of its own,
/// beside the strand, which may be waiting for the server. Blocking; any thread.
class Looks : public std::enable_shared_from_this<Looks> {
 public:
  Looks(boost::asio::io_context& workers, std::shared_ptr<Pipeline> pipeline)
      : workers_(workers), pipeline_(std::move(pipeline)), log_view_(pipeline_->config()) {}

  CheckAnswer check() const;
  /// The changes themselves.
  std::variant<LogAnswer, ControlError> log(const LogQuery& query);
  /// The rows that are held back.
  std::variant<QuarantineAnswer, ControlError> quarantine(const QuarantineQuery& query) const;
  /// Drops rows from the quarantine.
  std::variant<DiscardedAnswer, ControlError> discard(const std::vector<std::int64_t>& ids) const;
  /// Tries rows again, all without ids. Blocks while it asks which there are; answers once they were tried.
  void retry(std::vector<std::int64_t> ids, Reply<RetriedAnswer> reply);

 private:
  const PipelineConfig& config() const { return pipeline_->config(); }
  void answer_tried(const std::vector<std::int64_t>& ids, const Reply<RetriedAnswer>& reply) const;

  boost::asio::io_context& workers_;
  std::shared_ptr<Pipeline> pipeline_;
  LogView log_view_;
};

}  // namespace sluice::daemon
