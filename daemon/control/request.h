#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/refusal.h"
#include "daemon/report/service.h"

/// What a request's body may say. Pure; any thread.
namespace sluice::daemon {

/// The fields that requests know; each endpoint takes some of them. An empty body leaves the defaults.
struct ControlRequest {
  std::string pipeline;           ///< empty: the only pipeline
  std::vector<std::int64_t> ids;  ///< of rows in the quarantine
  std::string error;              ///< the id of an error
  std::string table;              ///< empty: all of them
  bool yes = false;
  bool repair = false;
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds max_lock = CutoverOrder::kUsualLock;
  bool fence = true;
};

enum class Fields {
  none,
  pipeline,
  pipeline_and_timeout,
  pipeline_and_ids,
  pipeline_ids_and_timeout,
  pipeline_error_and_timeout,
  pipeline_table_and_yes,
  pipeline_table_and_repair,
  pipeline_lock_and_fence,
};

/// Reads a body. Throws Refusal (bad_request) that names the byte, the unknown field and its nearest
/// neighbour, the wrong type, or the value out of range.
ControlRequest parse_request(std::string_view body, Fields fields);

}  // namespace sluice::daemon
