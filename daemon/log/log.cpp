#include "daemon/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "daemon/log/log_line.h"

namespace sluice::daemon {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// journald's `<N>`: the syslog priority of the line.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const char priority = message.level == spdlog::level::debug  ? '7'
                          : message.level == spdlog::level::info ? '6'
                          : message.level == spdlog::level::warn ? '4'
                                                                 : '3';
    for (const char c : {'<', priority, '>'}) line.push_back(c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

/// Is standard error the stream that systemd made for the journal? The variable alone proves nothing: it is
/// inherited by programs whose output goes elsewhere.
bool writes_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::string(stream) == std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

std::unique_ptr<spdlog::formatter> formatter_for(LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*');
  if (format == LogFormat::json) {
    formatter->set_pattern("%v");
  } else {
    formatter->set_pattern(writes_to_journal() ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  }
  return formatter;
}

/// The one log of the program.
struct Log {
  std::shared_ptr<spdlog::sinks::stderr_sink_mt> sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  spdlog::logger logger{"sluice", sink};
  std::atomic<LogFormat> format = LogFormat::text;
  std::atomic<bool> values = true;

  Log() { configure({}); }

  void configure(const LogConfig& config) {
    sink->set_formatter(formatter_for(config.format));
    logger.set_level(to_spdlog(config.level));
    logger.flush_on(spdlog::level::trace);
    format = config.format;
    values = config.values;
  }
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

void configure_log(const LogConfig& config) {
  the_log().configure(config);
}

void log_event(LogLevel level, std::string_view event, LogFields fields) {
  Log& log = the_log();
  if (!log.logger.should_log(to_spdlog(level))) return;
  const bool json = log.format == LogFormat::json;
  const std::string line =
      json ? json_line(std::chrono::system_clock::now(), level, event, fields) : text_line(event, fields);
  log.logger.log(to_spdlog(level), spdlog::string_view_t(line));
}

bool log_shows_values() {
  return the_log().values;
}

}  // namespace sluice::daemon
