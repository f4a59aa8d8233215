#include "daemon/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdio>
#include <utility>

#include "daemon/base/version.h"
#include "daemon/config/load.h"
#include "daemon/config/paths.h"
#include "daemon/config/settings.h"
#include "daemon/log/log.h"
#include "daemon/notify.h"
#include "daemon/one_reply.h"
#include "daemon/report/clock_text.h"

namespace sluice::daemon {
namespace {

using std::chrono::milliseconds;

constexpr auto kTick = milliseconds(500);

/// Whoever asks for a pause, its end or another attempt is answered by then.
constexpr auto kHeedWithin = std::chrono::seconds(2);

/// After this time a pipeline that is to leave no longer waits for a server that does not answer.
constexpr auto kLeaveGrace = std::chrono::seconds(20);

/// The same where the whole daemon is to stop, and when it ends with what has not left by then: ten seconds
/// are promised.
constexpr auto kStopGrace = std::chrono::seconds(4);
constexpr auto kStopDeadline = std::chrono::seconds(8);

const ControlError kStopping{Refused::unavailable, "stopping", "the daemon is stopping",
                             "ask again once it has been started"};

/// One line that says how every pipeline is.
std::string status_line(const DaemonReport& report) {
  std::string line;
  for (const auto& pipeline : report.pipelines) {
    char lag[64];
    std::snprintf(lag, sizeof lag, ", %lld behind (%.1f s)", static_cast<long long>(pipeline.pending),
                  pipeline.behind_s);
    if (!line.empty()) line += "; ";
    line +=
        pipeline.name + ": " + to_string(pipeline.state) + " at " + std::to_string(pipeline.applied) + lag;
    if (pipeline.quarantined > 0) line += ", " + std::to_string(pipeline.quarantined) + " in quarantine";
    if (pipeline.error) line += ", " + pipeline.error->code + ": " + pipeline.error->message;
  }
  return line;
}

ControlError too_late(const std::string& pipeline, const std::string& what, milliseconds timeout) {
  return {Refused::timed_out, "timed_out",
          "pipeline '" + pipeline + "' " + what + " within " + std::to_string(timeout.count()) + " ms",
          "the work goes on; ask again, or see: sluicectl status " + pipeline};
}

}  // namespace

Daemon::Daemon(Config config, ControlSocket socket)
    : config_(std::move(config)),
      keep_working_(boost::asio::make_work_guard(workers_)),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      ticker_(io_),
      stop_deadline_(io_),
      mark_(RunMark::begin(notes_folder(), config_.file, ::getpid(), started_at_)) {
  replace_pipelines(config_.pipelines);
  ControlService& service = *this;
  server_ = std::make_unique<ControlServer>(io_, std::move(socket), service);
  wait_for_signals();
  tick();
}

Daemon::~Daemon() {
  server_.reset();
  keep_working_.reset();
  workers_.stop();
  for (auto& thread : threads_) thread.join();
}

void Daemon::start_workers() {
  // A pipeline whose server does not answer keeps one thread.
  const std::size_t wanted = pipelines_.size() + departing_.size();
  while (threads_.size() < wanted) threads_.emplace_back([this] { workers_.run(); });
}

void Daemon::run() {
  notify::ready();
  log_event(LogLevel::info, "ready",
            {{"version", kVersion}, {"pid", ::getpid()}, {"socket", server_->path().string()}});
  tell_unclean_end();
  io_.run();
  mark_.end_cleanly();
  log_event(LogLevel::info, "stopped");
}

/// The position is in Postgres, so nothing is lost by it; but whoever looks after the daemon should know.
void Daemon::tell_unclean_end() const {
  const auto& last = mark_.last_run();
  if (!last) return;
  log_event(
      LogLevel::warning, "unclean_end",
      {{"pid", last->pid},
       {"started_at", last->started_at ? utc_text(*last->started_at) : ""},
       {"hint", "the last run crashed, was killed, or the machine lost power; nothing is lost by that"}});
}

DaemonReport Daemon::status() {
  DaemonReport report;
  report.version = kVersion;
  report.pid = ::getpid();
  report.started_at = started_at_;
  report.config = config_.file.string();
  report.unclean_end = mark_.last_run();
  for (const auto& pipeline : pipelines_) report.pipelines.push_back(pipeline->report());
  return report;
}

Daemon::Found Daemon::find(const std::string& name) const {
  if (stopping_since_) return kStopping;
  std::string names;
  for (const auto& pipeline : pipelines_) {
    if (pipeline->config().name == name) return pipeline;
    names += (names.empty() ? "" : ", ") + pipeline->config().name;
  }
  if (name.empty() && pipelines_.size() == 1) return pipelines_.front();
  if (name.empty())
    return ControlError{Refused::bad_request, "pipeline_needed", "there are several pipelines",
                        "name one of: " + names};
  return ControlError{Refused::not_found, "unknown_pipeline", "there is no pipeline '" + name + "'",
                      "the pipelines are: " + names};
}

void Daemon::flush(const std::string& name, milliseconds timeout, Reply<FlushAnswer> reply) {
  const auto found = find(name);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const auto pipeline = std::get<std::shared_ptr<Pipeline>>(found);
  if (timeout == milliseconds(0)) return looks_of(pipeline)->start_flush(reply);
  const OneReply<FlushAnswer> once(io_, std::move(reply));
  pipeline->flush(once.or_after(timeout, too_late(pipeline->config().name, "was not flushed", timeout)));
}

/// A pipeline that waits for the server heeds what is asked of it once that is over: nobody is kept waiting
/// for it.
void Daemon::operate(const std::string& name, const char* under_way, Reply<Done> reply,
                     void (Pipeline::*act)(Reply<Done>)) {
  const auto found = find(name);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const auto pipeline = std::get<std::shared_ptr<Pipeline>>(found);
  const State state = pipeline->report().state;
  if (state == State::stopped)
    return reply(ControlError{Refused::conflict, "stopped",
                              "pipeline '" + pipeline->config().name + "' has been let go of",
                              "start the daemon again"});
  if (state == State::finished) {
    const Diverged finished = has_ended(pipeline->config().name);
    return reply(ControlError{Refused::conflict, "finished", finished.what(), finished.hint});
  }
  const OneReply<Done> once(io_, std::move(reply));
  ((*pipeline).*act)(once.or_after(kHeedWithin, Done{under_way}));
}

void Daemon::pause(const std::string& name, Reply<Done> reply) {
  operate(name, "pausing", std::move(reply), &Pipeline::pause);
}

void Daemon::resume(const std::string& name, Reply<Done> reply) {
  operate(name, "resuming", std::move(reply), &Pipeline::resume);
}

void Daemon::retry(const std::string& name, Reply<Done> reply) {
  operate(name, "retrying", std::move(reply), &Pipeline::retry);
}

template <typename Answer, typename Ask>
void Daemon::with_looks(const std::string& name, Reply<Answer> reply, Ask ask) {
  const auto found = find(name);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  ask(*looks_of(std::get<std::shared_ptr<Pipeline>>(found)), std::move(reply));
}

std::shared_ptr<Looks> Daemon::looks_of(const std::shared_ptr<Pipeline>& pipeline) {
  auto& looks = looks_[pipeline];
  if (!looks) looks = std::make_shared<Looks>(lookouts_, pipeline);
  return looks;
}

void Daemon::check(const std::string& name, Reply<CheckAnswer> reply) {
  with_looks(name, std::move(reply), [](Looks& looks, auto to) { looks.check(std::move(to)); });
}

void Daemon::log(const LogQuery& query, Reply<LogAnswer> reply) {
  with_looks(query.pipeline, std::move(reply),
             [&](Looks& looks, auto to) { looks.log(query, std::move(to)); });
}

void Daemon::quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) {
  with_looks(query.pipeline, std::move(reply),
             [&](Looks& looks, auto to) { looks.quarantine(query, std::move(to)); });
}

void Daemon::discard_quarantined(const QuarantineChoice& choice, Reply<DiscardedAnswer> reply) {
  with_looks(choice.pipeline, std::move(reply),
             [&](Looks& looks, auto to) { looks.discard(choice.ids, std::move(to)); });
}

void Daemon::retry_quarantined(const QuarantineChoice& choice, Reply<RetriedAnswer> reply) {
  with_looks(choice.pipeline, std::move(reply), [&](Looks& looks, auto to) {
    const OneReply<RetriedAnswer> once(io_, std::move(to));
    once.or_after(choice.timeout, too_late(looks.pipeline(), "has not tried its rows", choice.timeout));
    looks.retry(choice.ids, {once, [once] { return once.wanted(); }});
  });
}

void Daemon::skip(const SkipOrder& order, Reply<SkippedAnswer> reply) {
  const auto found = find(order.pipeline);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const auto pipeline = std::get<std::shared_ptr<Pipeline>>(found);
  const OneReply<SkippedAnswer> once(io_, std::move(reply));
  once.or_after(order.timeout, too_late(pipeline->config().name, "has not gone on", order.timeout));
  pipeline->skip(order.error_id, once);
}

void Daemon::resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) {
  const auto found = find(order.pipeline);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const OneReply<ResyncAnswer> once(io_, std::move(reply), std::move(on_progress));
  std::get<std::shared_ptr<Pipeline>>(found)->resync(order, once.progress(), once);
}

void Daemon::verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) {
  const auto found = find(order.pipeline);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const OneReply<VerifyAnswer> once(io_, std::move(reply), std::move(on_progress));
  std::get<std::shared_ptr<Pipeline>>(found)->verify(order, once.progress(), once);
}

void Daemon::cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply) {
  const auto found = find(order.pipeline);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const auto& pipeline = std::get<std::shared_ptr<Pipeline>>(found);
  CutoverOrder shared = order;
  shared.shared_with = who_else_reads(*pipeline);
  const OneReply<CutoverAnswer> once(io_, std::move(reply), std::move(on_progress));
  pipeline->cut_over(shared, once.progress(), once);
}

std::vector<std::string> Daemon::who_else_reads(const Pipeline& pipeline) const {
  std::vector<std::string> names;
  for (const auto& other : pipelines_) {
    const bool reads = other.get() != &pipeline && other->report().state != State::finished &&
                       same_file(other->config().source.path, pipeline.config().source.path);
    if (reads) names.push_back(other->config().name);
  }
  return names;
}

void Daemon::adopt(const std::string& name, Reply<Done> reply) {
  const auto found = find(name);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const OneReply<Done> once(io_, std::move(reply));
  std::get<std::shared_ptr<Pipeline>>(found)->adopt([once](const std::optional<ControlError>& error) {
    if (error) return once(*error);
    once(Done{});
  });
}

void Daemon::release(const std::string& name, Reply<Done> reply) {
  const auto found = find(name);
  if (const auto* error = std::get_if<ControlError>(&found)) return reply(*error);
  const OneReply<Done> once(io_, std::move(reply));
  std::get<std::shared_ptr<Pipeline>>(found)->leave([once] { once(Done{}); });
}

void Daemon::reload(Reply<Done> reply) {
  if (stopping_since_) return reply(kStopping);
  const std::string refused = reload_config();
  if (refused.empty()) return reply(Done{});
  reply(ControlError{Refused::bad_request, "bad_configuration", refused,
                     "the running configuration stays; mend the file and reload again"});
}

std::string Daemon::reload_config() {
  notify::reloading();
  std::string refused;
  try {
    Config fresh = load_config(config_.file);
    for (const auto& setting : needs_restart(config_, fresh)) {
      log_event(LogLevel::warning, "needs_restart", {{"setting", setting}});
    }
    configure_log(fresh.log);
    replace_pipelines(fresh.pipelines);
    config_ = std::move(fresh);
    log_event(LogLevel::info, "reloaded", {{"file", config_.file.string()}});
  } catch (const ConfigError& error) {
    refused = error.what();
    log_event(LogLevel::error, "reload_refused", {{"message", refused}});
  }
  notify::ready();
  return refused;
}

void Daemon::replace_pipelines(const std::vector<PipelineConfig>& wanted) {
  std::vector<std::shared_ptr<Pipeline>> next;
  for (const auto& config : wanted) {
    const auto same = std::find_if(pipelines_.begin(), pipelines_.end(),
                                   [&](const auto& p) { return p->config() == config; });
    next.push_back(same != pipelines_.end() ? *same : std::make_shared<Pipeline>(workers_, config));
  }
  for (const auto& pipeline : pipelines_) {
    if (std::find(next.begin(), next.end(), pipeline) == next.end()) let_go(pipeline);
  }
  pipelines_ = std::move(next);
  start_workers();
  start_ready_pipelines();
}

void Daemon::let_go(const std::shared_ptr<Pipeline>& pipeline) {
  departing_.push_back({pipeline, Pump::Clock::now()});
  pipeline->leave([this, pipeline] { boost::asio::post(io_, [this, pipeline] { gone(pipeline); }); });
}

/// A pipeline starts once no other of its name holds the file and the server any more.
void Daemon::start_ready_pipelines() {
  for (const auto& pipeline : pipelines_) {
    const bool held = std::any_of(departing_.begin(), departing_.end(), [&](const Departure& departure) {
      return departure.pipeline->config().name == pipeline->config().name;
    });
    if (!held) pipeline->start();
  }
}

void Daemon::gone(const std::shared_ptr<Pipeline>& pipeline) {
  looks_.erase(pipeline);
  std::erase_if(departing_, [&](const Departure& departure) { return departure.pipeline == pipeline; });
  stopping_since_ ? end_if_over() : start_ready_pipelines();
}

void Daemon::stop() {
  boost::asio::post(io_, [this] { begin_stop(); });
}

void Daemon::wait_for_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!stopping_since_) reload_config();
    } else {
      // Whoever asks twice means now; what was under way is settled at the next start.
      if (stopping_since_) ::_exit(1);
      begin_stop();
    }
    wait_for_signals();
  });
}

void Daemon::begin_stop() {
  if (stopping_since_) return;
  stopping_since_ = Pump::Clock::now();
  log_event(LogLevel::info, "stopping");
  notify::stopping();
  stop_deadline_.expires_after(kStopDeadline);
  stop_deadline_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) leave_behind();
  });
  for (const auto& pipeline : pipelines_) let_go(pipeline);
  lookouts_.close([this] { end_if_over(); });
}

void Daemon::end_if_over() {
  if (departing_.empty() && lookouts_.idle()) io_.stop();
}

/// From here, not by way of main: destructors would wait for what does not end.
void Daemon::leave_behind() {
  std::string names;
  for (const auto& [pipeline, since] : departing_)
    names += (names.empty() ? "" : ", ") + pipeline->config().name;
  log_event(LogLevel::warning, "left_behind",
            {{"pipelines", names},
             {"hint",
              "something kept the daemon waiting for too long: a lock on the file, a name lookup or a look; "
              "nothing is lost, the next start goes on from the last commit"}});
  server_.reset();
  mark_.end_cleanly();
  log_event(LogLevel::info, "stopped");
  ::_exit(0);
}

bool Daemon::is_overdue(const Departure& departure, Pump::Time now) const {
  return now - departure.since > kLeaveGrace || (stopping_since_ && now - *stopping_since_ > kStopGrace);
}

void Daemon::tick() {
  const auto now = Pump::Clock::now();
  bool healthy = true;
  for (const auto& pipeline : pipelines_) {
    healthy = pipeline->healthy(now) && healthy;
    wait_watch_.look_after(pipeline, now);
  }
  for (const auto& departure : departing_) {
    if (is_overdue(departure, now)) departure.pipeline->cut();
  }
  if (healthy) notify::watchdog();
  if (auto line = status_line(status()); line != told_status_) notify::status(told_status_ = std::move(line));
  const auto watchdog = notify::watchdog_interval();
  const auto pause = watchdog ? std::min<std::chrono::microseconds>(kTick, *watchdog / 3) : kTick;
  ticker_.expires_after(pause);
  ticker_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) tick();
  });
}

}  // namespace sluice::daemon
