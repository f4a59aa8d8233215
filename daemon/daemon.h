#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/server.h"
#include "daemon/looks.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/report/service.h"
#include "daemon/run_mark.h"
#include "daemon/wait_watch.h"

namespace sluice::daemon {

/// Owns everything that runs; members from top to bottom are the order of the start, destructors the shutdown
/// list. The control thread is the one that calls run(): signals, timers, the control channel; nothing blocks
/// it. Pipelines have the workers, looks have the lookouts' threads.
class Daemon : private ControlService {
 public:
  /// Starts the pipelines and the control channel. Throws SocketError where there can be none.
  Daemon(Config config, ControlSocket socket);
  ~Daemon() override;

  /// Until it was told to stop and has let go of everything, at most ten seconds later: what has not ended by
  /// then is left behind, logged, and the process ends from within, with exit code 0. Nothing is lost by
  /// that: both databases roll back what was not committed, and the next start goes on from there. A second
  /// SIGTERM or SIGINT ends the process at once, with 1.
  void run();

 private:
  // ControlService, on the control thread.
  DaemonReport status() override;
  void flush(const std::string& name, std::chrono::milliseconds timeout, Reply<FlushAnswer> reply) override;
  void pause(const std::string& name, Reply<Done> reply) override;
  void resume(const std::string& name, Reply<Done> reply) override;
  void retry(const std::string& name, Reply<Done> reply) override;
  void check(const std::string& name, Reply<CheckAnswer> reply) override;
  void log(const LogQuery& query, Reply<LogAnswer> reply) override;
  void quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) override;
  void retry_quarantined(const QuarantineChoice& choice, Reply<RetriedAnswer> reply) override;
  void discard_quarantined(const QuarantineChoice& choice, Reply<DiscardedAnswer> reply) override;
  void skip(const SkipOrder& order, Reply<SkippedAnswer> reply) override;
  void resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) override;
  void verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) override;
  void cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply) override;
  void adopt(const std::string& name, Reply<Done> reply) override;
  void release(const std::string& name, Reply<Done> reply) override;
  void reload(Reply<Done> reply) override;
  void stop() override;

  struct Departure {
    std::shared_ptr<Pipeline> pipeline;
    Pump::Time since;
  };

  using Found = std::variant<std::shared_ptr<Pipeline>, ControlError>;
  Found find(const std::string& name) const;
  /// Other pipelines that read the same file, and have not ended.
  std::vector<std::string> who_else_reads(const Pipeline& pipeline) const;
  std::shared_ptr<Looks> looks_of(const std::shared_ptr<Pipeline>& pipeline);
  template <typename Answer, typename Ask>
  void with_looks(const std::string& name, Reply<Answer> reply, Ask ask);
  void operate(const std::string& name, const char* under_way, Reply<Done> reply,
               void (Pipeline::*act)(Reply<Done>));
  void start_workers();
  void tell_unclean_end() const;
  void replace_pipelines(const std::vector<PipelineConfig>& wanted);
  void let_go(const std::shared_ptr<Pipeline>& pipeline);
  void start_ready_pipelines();
  std::string reload_config();
  void wait_for_signals();
  void tick();
  void begin_stop();
  void end_if_over();
  [[noreturn]] void leave_behind();
  bool is_overdue(const Departure& departure, Pump::Time now) const;
  void gone(const std::shared_ptr<Pipeline>& pipeline);

  Config config_;
  WallTime started_at_ = std::chrono::system_clock::now();
  boost::asio::io_context io_;
  boost::asio::io_context workers_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_working_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer ticker_;
  boost::asio::steady_timer stop_deadline_;
  Lookouts lookouts_{io_};
  std::vector<std::shared_ptr<Pipeline>> pipelines_;
  std::map<std::shared_ptr<Pipeline>, std::shared_ptr<Looks>> looks_;  ///< of those that were looked at
  std::vector<Departure> departing_;  ///< let go of by a reload, not yet gone
  std::vector<std::thread> threads_;
  WaitWatch wait_watch_;
  std::unique_ptr<ControlServer> server_;
  RunMark mark_;
  std::string told_status_;
  std::optional<Pump::Time> stopping_since_;
};

}  // namespace sluice::daemon
