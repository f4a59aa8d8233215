#pragma once

/// What the log is to say, and how: the configuration gives it, the log takes it. Plain data.
namespace sluice::daemon {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  bool values = true;
};

}  // namespace sluice::daemon
