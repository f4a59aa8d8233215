#pragma once

#include <string>

#include "daemon/report/service.h"

/// What people see. Pure: the time is passed in, the time zone is the process's.
namespace sluice::daemon {

/// The status screen of all pipelines, or of the one named; about a screen a pipeline.
std::string render_status(const DaemonReport& report, const std::string& pipeline, WallTime now);

/// "shop: ready" and a line for each thing that was looked at, with the remedy below what failed.
std::string render_check(const CheckAnswer& answer);

/// "shop: 4 changes flushed in 3.1 ms, position 1234"
std::string flush_line(const FlushAnswer& answer);

/// "shop: copying packages, 1,200 of 100,000 rows, 1 %, ..." or "shop: 17 changes to go"
std::string progress_line(const PipelineReport& pipeline);

/// "table packages, key 7, SQLSTATE 42703: MESSAGE": what stands in the way, on one line, without the remedy.
std::string error_line(const ErrorReport& error);

}  // namespace sluice::daemon
