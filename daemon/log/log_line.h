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
/// backslash or a control character, which is then escaped: a line stays one line.
std::string text_line(std::string_view event, LogFields fields);

/// One JSON object; bytes that are no UTF-8 are replaced.
std::string json_line(std::chrono::system_clock::time_point time, LogLevel level, std::string_view event,
                      LogFields fields);

/// Type and length of a value, and its first 20 characters where `show` allows them.
std::string described_value(std::string_view type, std::string_view value, bool show);

}  // namespace sluice::daemon
