#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/log_config.h"
#include "daemon/log/log_field.h"

/// How an event reads as a line. Pure.
namespace sluice::daemon {

/// The word of the configuration and of JSON lines: "debug", "info", "warning", "error".
const char* level_word(LogLevel level);

/// `event key=value key="va lue"`: a value is quoted when it is empty or holds a space, a quote, `=`, a
/// backslash or something that the outlet escapes: a line stays one line.
std::string text_line(std::string_view event, LogFields fields);

/// One JSON object, its texts through the outlet.
std::string json_line(std::chrono::system_clock::time_point time, LogLevel level, std::string_view event,
                      LogFields fields);

}  // namespace sluice::daemon
