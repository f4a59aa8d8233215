#pragma once

#include <string>
#include <string_view>

#include "daemon/base/log_config.h"
#include "daemon/log/log_field.h"

/// What the daemon says while it works: one line an event, on standard error. Event words and field names are
/// an interface: programs and tests read them, so they stay.
namespace sluice::daemon {

/// Takes level, format and values policy from the configuration; again at every reload. Any thread.
/// Before the first call the defaults hold.
void configure_log(const LogConfig& config);

/// Logs an event, e.g. log_event(LogLevel::info, "batch_applied", {{"pipeline", name}, {"changes", 12}}).
/// Text: `batch_applied pipeline=shop changes=12`, after the time and level, or after journald's `<6>` where
/// standard error is the journal. JSON: one object with time, level, event and the fields. Any thread.
void log_event(LogLevel level, std::string_view event, LogFields fields = {});

/// May what people are told hold the beginning of a value? log.values says so. Any thread.
bool log_shows_values();

}  // namespace sluice::daemon
