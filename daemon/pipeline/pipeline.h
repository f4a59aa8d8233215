#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "daemon/pipeline/call_watch.h"
#include "daemon/pipeline/file_watch.h"
#include "daemon/pipeline/health.h"
#include "daemon/pipeline/pause_mark.h"
#include "daemon/pipeline/pump.h"
#include "daemon/pipeline/requests.h"
#include "daemon/pipeline/status_board.h"
#include "daemon/report/cutover.h"
#include "daemon/report/service.h"
#include "daemon/report/verify.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {

/// One pipeline at work: does on its own strand what its pump decides. Both databases block, so the strand
/// may be busy for as long as a call takes; everything marked "any thread" returns at once all the same.
/// Lives in a shared_ptr, which every pending handler holds.
class Pipeline : public std::enable_shared_from_this<Pipeline> {
 public:
  using FlushReply = Reply<FlushAnswer>;

  Pipeline(boost::asio::io_context& workers, PipelineConfig config);

  /// One thread; a second call does nothing.
  void start();

  // Any thread. Replies are called on the strand, or on another worker.
  /// Answers when everything committed before this call is in Postgres, or when that can't be for now.
  void flush(FlushReply reply);
  /// Starts a flush that nobody waits for; an error where there can be none.
  std::optional<ControlError> start_flush();
  /// Answer once the pipeline heeds them: a pause holds from then on.
  void pause(Reply<Done> reply);
  void resume(Reply<Done> reply);
  void retry(Reply<Done> reply);
  /// Finishes what is under way, lets go of both sides, and calls `left`.
  void leave(std::function<void()> left);
  /// Makes a call that waits for the server fail now.
  void cut() { lifeline_->cut(); }

  /// Copies tables again, or says how many rows of the target that would touch.
  void resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply);
  /// Compares the two sides by value beside the stream, as far as it has been brought over by then.
  void verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply);
  /// Ends the pipeline: compares, brings the last changes over under a lock, and leaves the file with a
  /// fence.
  void cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply);
  /// Accepts the place where the file is now; an error where that can't be.
  void adopt(std::function<void(std::optional<ControlError>)> reply);

  /// Tries the quarantined rows again; answers as a flush does.
  void retry_quarantined(FlushReply reply);
  /// These rows have been dropped from the quarantine.
  void discarded(std::vector<applier::RowName> rows);
  /// Puts the row into the quarantine before which the pipeline is halted, if it is by this error.
  void skip(const std::string& error_id, Reply<SkippedAnswer> reply);

  PipelineReport report() const;
  /// Somebody has looked whom a call to the server waits for.
  void saw_waiting(const LongCall& call, std::optional<Waiting> waiting);
  /// Somebody has looked, and found the changelog to end at `newest`.
  void saw(capture::Position newest) { board_.saw(newest); }
  SeenMarks seen_marks() const { return board_.seen_marks(); }
  const PipelineConfig& config() const { return config_; }

  /// Is it moving, or waiting inside a call to the server for no longer than the deadline? Called from time
  /// to time by one thread; cuts a call that is over its deadline.
  bool healthy(Pump::Time now);
  /// A call to the server that lasts, if it is time to look whom it waits for; saw_waiting() has to follow.
  /// By the thread that calls healthy().
  std::optional<LongCall> call_to_look_at(Pump::Time now) { return calls_.due(now); }

 private:
  struct Cutover {
    CutoverOrder order;
    OnProgress on_progress;
    Reply<CutoverAnswer> reply;
    Pump::Time since;
  };

  static double milliseconds_since(Pump::Time since);
  void on_strand(std::function<void(Pipeline&)> work);
  void guard(const std::function<void()>& work);
  void begins(const std::string& step);
  void schedule();
  void act();
  void attempt(void (Pipeline::*work)());
  void open();
  void settle();
  void copy_again();
  void diverge();
  void step();
  void retry_quarantine();
  void run_command();
  void request(Command command);
  bool carry_out(const ResyncOrder& order, const OnProgress& on_progress, const Reply<ResyncAnswer>& reply);
  /// Up to where the copies begin; the answer then says whether they have, or that it needs a yes.
  std::optional<ControlError> begin_resync(const ResyncOrder& order, ResyncAnswer& answer);
  /// Says of tables that have been copied again whether they are equal now.
  void compare_copied(const ResyncOrder& order, ResyncAnswer answer, Pump::Time since,
                      const OnProgress& on_progress, const Reply<ResyncAnswer>& reply);
  std::optional<ControlError> unfit_for_resync(const std::string& table, bool every_table) const;
  std::optional<ControlError> closed_to_cutover() const;
  void flush_before(const Cutover& cutover);
  void verify_before(const Cutover& cutover);
  bool carry_out(const Cutover& cutover, const VerifyAnswer& verified);
  void finish();
  void wait(std::optional<Milliseconds> timeout);
  void finish_leaving();
  void look(Prompt prompt);
  void source_event();
  void look_again_later();
  void heed_source();
  void failed(const std::exception_ptr& thrown);
  void tell(const ErrorReport& error) const;
  std::optional<ControlError> closed_to_requests() const;
  std::optional<ControlError> closed_to_requests(State state) const;
  std::optional<ControlError> closed_to_skip(const std::string& error_id) const;
  void request(FlushRequest flush);
  void answer_flushes();
  ControlError refusal_of(const ErrorReport& error) const;
  ControlError unknown_table(const std::string& table) const;
  void compare_next();
  void report_comparison();
  void refuse_comparisons(const ControlError& refusal, bool begun_waits);
  void publish();
  void log_state();

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer second_look_;
  PipelineConfig config_;
  std::shared_ptr<applier::Lifeline> lifeline_ = std::make_shared<applier::Lifeline>();
  Health health_{lifeline_};
  CallWatch calls_{lifeline_};
  Replicator replicator_;
  Pump pump_;
  PauseMark pause_mark_;
  StatusBoard board_;
  std::optional<FileWatch> watch_;
  Requests requests_;
  std::vector<std::function<void()>> left_;
  bool started_ = false;
  bool scheduled_ = false;
  bool ended_ = false;
  Pump::Time quiet_since_{};
  Pump::Time spoke_at_{};  ///< when the server last answered
  std::size_t looks_again_ = 0;
  /// How far the source was when an attempt was given up, or when an event was last heeded.
  std::optional<capture::Position> heeded_;
  State logged_state_ = State::stopped;
  std::int64_t logged_quarantined_ = 0;
};

}  // namespace sluice::daemon
