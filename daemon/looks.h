#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/inspect/log_view.h"
#include "daemon/inspect/lookout.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// Where looks are taken. A server that does not answer keeps nobody from what only needs the file.
struct Lookouts {
  explicit Lookouts(boost::asio::io_context& io) : control(io) {}

  boost::asio::io_context& control;
  Lookout files{control, 2};
  Lookout servers{control, 4};

  bool idle() const { return files.idle() && servers.idle(); }
  /// Gives up every look, and calls `over` for each of the two once it is idle.
  void close(const std::function<void()>& over) {
    files.close(over);
    servers.close(over);
  }
};

/// What people ask to see of a pipeline, and what they do about its quarantine: beside the strand, which may
/// be waiting for the server. Replies are called on the control thread. Control thread only.
class Looks : public std::enable_shared_from_this<Looks> {
 public:
  Looks(Lookouts& lookouts, std::shared_ptr<Pipeline> pipeline)
      : lookouts_(lookouts), pipeline_(std::move(pipeline)), log_view_(pipeline_->config()) {}

  const std::string& pipeline() const { return config().name; }

  void check(Reply<CheckAnswer> reply);
  /// The changes themselves.
  void log(const LogQuery& query, Reply<LogAnswer> reply);
  /// Starts a flush, and answers with the position to wait for: not from the strand, which may be waiting for
  /// the server.
  void start_flush(const Reply<FlushAnswer>& reply);
  /// The rows that are in quarantine.
  void quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply);
  /// Drops rows from the quarantine.
  void discard(const std::vector<std::int64_t>& ids, Reply<DiscardedAnswer> reply);
  /// Tries rows again, all without ids; answers once they were tried.
  void retry(const std::vector<std::int64_t>& ids, const Reply<RetriedAnswer>& reply);

 private:
  using Ids = std::vector<std::int64_t>;
  using PositionLook = LookFor<capture::Position>;

  const PipelineConfig& config() const { return pipeline_->config(); }
  template <typename Answer, typename Work>
  void ask(Lookout& lookout, Work work, Reply<Answer> reply);
  void try_again(const Ids& ids, const Reply<RetriedAnswer>& reply);

  Lookouts& lookouts_;
  std::shared_ptr<Pipeline> pipeline_;
  LogView log_view_;
  std::weak_ptr<PositionLook> position_look_;  ///< the newest one
};

}  // namespace sluice::daemon
