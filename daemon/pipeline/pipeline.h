#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "daemon/pipeline/file_watch.h"
#include "daemon/pipeline/pump.h"
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
  /// Starts a flush and answers with the position to wait for.
  void start_flush(FlushReply reply);
  void pause();
  void resume();
  void retry();
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

  /// Tries the rows that are held back again; answers as a flush does.
  void try_held_back(FlushReply reply);
  /// These rows have been dropped from the quarantine.
  void discarded(std::vector<applier::RowName> rows);
  /// Holds the row back before which the pipeline is halted, if it is by this error.
  void skip(const std::string& error_id, Reply<SkippedAnswer> reply);

  PipelineReport report() const { return board_.report(); }
  /// Somebody has looked, and found the changelog to end at `newest`.
  void saw(capture::Position newest) { board_.saw(newest); }
  SeenMarks seen_marks() const { return board_.seen_marks(); }
  const PipelineConfig& config() const { return config_; }

  /// Is it moving, or waiting inside a call to the server for no longer than the deadline? Called from time
  /// to time by one thread; cuts a call that is over its deadline.
  bool healthy(Pump::Time now);

 private:
  struct Waiter {
    FlushReply reply;
    Pump::Time since;
    std::int64_t brought_before;
    OnProgress on_progress{};  ///< of the copy, where somebody wants to know
  };

  struct Cutover {
    CutoverOrder order;
    OnProgress on_progress;
    Reply<CutoverAnswer> reply;
    Pump::Time since;
  };

  /// What needs both sides open, whatever the state. Throws where it can't be done.
  struct Order {
    std::function<bool()> carry_out;  ///< true: what held the pipeline up before is over by it
    std::function<void(const ControlError&)> refuse;
  };

  struct Verifier {
    VerifyOrder order;
    OnProgress on_progress;
    Reply<VerifyAnswer> reply;
    Pump::Time since;
    bool moved = false;  ///< it has begun
  };

  static double milliseconds_since(Pump::Time since);
  void begins(const std::string& step);
  void schedule();
  void act();
  void attempt(void (Pipeline::*work)());
  void open();
  void settle();
  void copy_again();
  void diverge();
  void step();
  void obey();
  void give(Order order);
  bool carry_out(const ResyncOrder& order, const OnProgress& on_progress, const Reply<ResyncAnswer>& reply);
  std::optional<ControlError> unfit_for_resync(const std::string& table, bool every_table) const;
  std::optional<ControlError> closed_to_cutover() const;
  void flush_before(const Cutover& cutover);
  void verify_before(const Cutover& cutover);
  bool carry_out(const Cutover& cutover, const VerifyAnswer& verified);
  void finish();
  void wait(std::optional<Milliseconds> timeout);
  void finish_leaving();
  void look(Prompt prompt);
  bool held_back_rows_are_due() const;
  void try_held_back_rows();
  void source_event();
  void look_again_later();
  void heed_source();
  void failed(std::exception_ptr thrown);
  std::optional<ControlError> closed_to_flushes(State state) const;
  std::optional<ControlError> closed_to_skip(const std::string& error_id) const;
  void wait_for_flush(const Waiter& waiter);
  void tell_progress();
  void answer_waiters();
  ControlError refusal_of(const ErrorReport& error) const;
  void refuse(const ControlError& refusal);
  ControlError unknown_table(const std::string& table) const;
  void verify_next();
  void report_verification();
  void end_verification();
  void refuse_verifiers(const ControlError& refusal, bool may_wait);
  void publish();
  void log_state();

  boost::asio::io_context& workers_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer second_look_;
  PipelineConfig config_;
  std::shared_ptr<applier::Lifeline> lifeline_ = std::make_shared<applier::Lifeline>();
  Replicator replicator_;
  Pump pump_;
  StatusBoard board_;
  std::optional<FileWatch> watch_;
  std::vector<Waiter> waiters_;
  std::vector<Order> orders_;
  std::deque<Verifier> verifiers_;  ///< the first one is under way
  std::vector<std::function<void()>> left_;
  bool started_ = false;
  bool scheduled_ = false;
  bool ended_ = false;
  Pump::Time quiet_since_{};
  Pump::Time spoke_at_{};  ///< when the server last answered
  Pump::Time tried_held_back_at_ = Pump::Clock::now();
  bool source_at_fault_ = false;
  bool tried_again_ = false;  ///< a flush has had its second connection
  std::size_t looks_again_ = 0;
  State logged_state_ = State::stopped;
  std::string logged_error_;
  std::int64_t logged_held_back_ = 0;

  // Health: what the watching thread knows, and the time at which the strand was last seen to move.
  std::atomic<Pump::Clock::rep> moved_at_;
  std::uint64_t watched_call_ = 0;
  Pump::Time watched_since_{};
};

}  // namespace sluice::daemon
