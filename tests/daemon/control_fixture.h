#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/control/server.h"

/// A control server on a socket of its own, and ways to speak to it.
namespace sluice::daemon::test {

/// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A report with every field filled in.
DaemonReport full_report();

/// Changes of every kind that the log can show.
LogAnswer full_log();

/// A row that Postgres refused, with its values, and one of which Sluice refused the deletion.
QuarantineAnswer full_quarantine();

TableVerdict equal_table(const std::string& name, std::int64_t rows);

/// A comparison that has found rows of every kind, and others that are told apart from them.
VerifyAnswer full_verdict();

/// A cutover with everything that it can tell.
CutoverAnswer full_cutover();

/// A service of two pipelines, "shop" and "cafe", that answers at once unless told to hold flushes back.
class ScriptedService : public ControlService {
 public:
  DaemonReport status() override;
  void flush(const std::string& pipeline, std::chrono::milliseconds timeout,
             Reply<FlushAnswer> reply) override;
  void pause(const std::string& pipeline, Reply<Done> reply) override { done("pause", pipeline, reply); }
  void resume(const std::string& pipeline, Reply<Done> reply) override { done("resume", pipeline, reply); }
  void retry(const std::string& pipeline, Reply<Done> reply) override { done("retry", pipeline, reply); }
  void check(const std::string& pipeline, Reply<CheckAnswer> reply) override;
  void log(const LogQuery& query, Reply<LogAnswer> reply) override;
  void resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) override;
  void verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) override;
  void cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply) override;
  void adopt(const std::string& pipeline, Reply<Done> reply) override { done("adopt", pipeline, reply); }
  void quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) override;
  void retry_quarantined(const QuarantineChoice& choice, Reply<RetriedAnswer> reply) override;
  void discard_quarantined(const QuarantineChoice& choice, Reply<DiscardedAnswer> reply) override;
  void skip(const SkipOrder& order, Reply<SkippedAnswer> reply) override;
  void release(const std::string& pipeline, Reply<Done> reply) override { done("release", pipeline, reply); }
  void reload(Reply<Done> reply) override { done("reload", "", reply); }
  void stop() override { note("stop"); }

  std::vector<std::string> calls() const;
  void note(std::string call);

  // Set before or on the control thread.
  DaemonReport report = full_report();
  std::optional<ControlError> refusal;  ///< what every verb answers, if anything
  std::int64_t quarantined = 0;
  QuarantineAnswer quarantine_page = full_quarantine();
  bool hold_flushes = false;
  std::vector<Reply<FlushAnswer>> held;
  struct HeldResync {
    OnProgress on_progress;
    Reply<ResyncAnswer> reply{[](const auto&) {}};
  };
  VerifyAnswer verdict = full_verdict();
  bool hold_resyncs = false;
  std::vector<HeldResync> held_resyncs;

 private:
  void done(const char* verb, const std::string& pipeline, const Reply<Done>& reply);

  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

/// A running server with its thread.
class TestServer {
 public:
  explicit TestServer(const std::string& group = "");
  ~TestServer();

  const std::filesystem::path& path() const { return path_; }

  /// Runs something on the control thread and waits for it.
  template <typename Function>
  void on_control_thread(Function function) {
    std::promise<void> ran;
    boost::asio::post(io_, [&] {
      function();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  ScriptedService service;

 private:
  ScratchDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "run" / "control.sock";
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = make_work_guard(io_);
  std::optional<ControlServer> server_;
  std::thread thread_;
};

/// A connection that sends bytes as they are and reads with a deadline.
class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& path);
  ~RawClient();
  RawClient(const RawClient&) = delete;

  void send(const std::string& bytes);
  void end_sending();
  /// Everything up to the end of the stream.
  std::string read_all();
  /// Everything up to and with the first `mark`; what came by the deadline when there is none.
  std::string read_until(const std::string& mark);
  /// One HTTP response with a Content-Length.
  std::string read_response();

 private:
  bool read_more();

  int socket_;
  std::string buffer_;
};

/// Sends one request on a connection of its own and returns the whole response.
std::string ask(const TestServer& server, const std::string& method, const std::string& target,
                const std::string& body = "");

std::string body_of(const std::string& response);
int status_of(const std::string& response);

/// Waits until `condition` holds; false after ten seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace sluice::daemon::test
