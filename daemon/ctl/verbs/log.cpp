#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/log_table.h"
#include "daemon/ctl/verbs/verbs.h"

namespace sluice::daemon {

namespace {

constexpr std::chrono::milliseconds kPoll{500};

std::string path_of(const Invocation& invocation) {
  const std::string path = fmt::format("/v1/log?limit={}", invocation.limit);
  return invocation.pipeline.empty() ? path : path + "&pipeline=" + query_escaped(invocation.pipeline);
}

std::string path_after(const Invocation& invocation, std::int64_t position) {
  Invocation more = invocation;
  more.limit = LogQuery::kMost;
  return fmt::format("{}&after={}", path_of(more), position);
}

/// Goes on from page to page until somebody ends it.
class Follower {
 public:
  explicit Follower(const Invocation& invocation) : invocation_(invocation), client_(client_of(invocation)) {
    table_.expect_more();
  }

  void run() {
    std::string document = client_.get(path_of(invocation_));
    for (;;) {
      const LogAnswer answer = parse_log_answer(document);
      show(document, answer);
      if (std::fflush(stdout) != 0) return;
      const bool full = answer.entries.size() >= static_cast<std::size_t>(LogQuery::kMost);
      if (!full && !pause()) return;
      document = ask(path_after(invocation_, full ? answer.entries.back().position : answer.newest));
    }
  }

 private:
  void show(const std::string& document, const LogAnswer& answer) {
    if (!invocation_.json) {
      fmt::print("{}", table_.page(answer.entries, terminal_columns()));
      return;
    }
    const auto parsed = nlohmann::ordered_json::parse(document);
    for (const auto& entry : parsed.at("entries")) fmt::print("{}", dump(entry));
  }

  /// False once nobody reads any more.
  static bool pause() {
    pollfd reader{STDOUT_FILENO, 0, 0};
    return ::poll(&reader, 1, static_cast<int>(kPoll.count())) <= 0;
  }

  /// A daemon that comes to its end hangs up; whether there is one tells the next try.
  std::string ask(const std::string& path) const {
    try {
      return client_.get(path);
    } catch (const HungUp&) {
      pause();
      return client_.get(path);
    }
  }

  const Invocation& invocation_;
  const ControlClient client_;
  LogTable table_;
};

/// To be interrupted is the way in which following ends; what has been shown is complete.
void end_well(int) {
  ::_exit(static_cast<int>(ExitCode::done));
}

}  // namespace

ExitCode run_log(const Invocation& invocation) {
  if (invocation.follow) {
    std::signal(SIGINT, end_well);
    std::signal(SIGTERM, end_well);
    std::signal(SIGPIPE, SIG_IGN);
    Follower(invocation).run();
    return ExitCode::done;
  }
  const std::string document = client_of(invocation).get(path_of(invocation));
  fmt::print("{}", invocation.json ? document
                                   : LogTable().page(parse_log_answer(document).entries, terminal_columns()));
  return ExitCode::done;
}

}  // namespace sluice::daemon
