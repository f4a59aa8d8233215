#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/report/waiting.h"

/// What the daemon says about itself: plain data, copied out of the pipelines, rendered by control_protocol.
namespace sluice::daemon {

using WallTime = std::chrono::system_clock::time_point;

enum class State {
  starting,
  copying,
  catching_up,
  streaming,
  idle,
  paused,
  retrying,
  halted,
  diverged,
  finished,
  stopped,
};

/// The word of the status document: "starting", "copying", ...
const char* to_string(State state);

/// What keeps a pipeline from going on, with its remedy.
struct ErrorReport {
  std::string id;   ///< names this occurrence; another error has another id
  std::string cls;  ///< row, table, target or source
  std::string code;
  std::string message;
  std::string sqlstate;
  std::string table;
  std::string key;  ///< as it is shown
  std::string row;  ///< the key by which the row is recognised; stays inside
  std::string column;
  std::string hint;
  WallTime since{};
  std::int64_t attempts = 0;
  std::optional<double> next_retry_s;
};

struct TableReport {
  std::string name;
  std::string target;
  std::string state;  ///< pending, copying, streaming or halted
  std::int64_t rows_copied = 0;
  std::int64_t rows_total = 0;
  std::vector<std::string> units{};  ///< "at: unix_ms": what numbers in columns of times have proven to count
};

/// Long work that is under way: a copy, or a comparison by value.
struct WorkReport {
  std::string kind;  ///< copy or verify
  std::string table;
  std::int64_t rows = 0;
  std::int64_t rows_total = 0;       ///< about; 0 where it is not known
  std::optional<double> rows_per_s;  ///< over the last seconds
  std::optional<double> eta_s;       ///< until this table is done, at that rate
};

/// What of the file is not captured, and why.
struct NotCaptured {
  std::string name;
  std::string reason;
};

struct FlushReport {
  WallTime at{};
  std::int64_t changes = 0;
  double elapsed_ms = 0;
};

struct PipelineReport {
  std::string name;
  std::string mode;  ///< continuous or manual
  State state = State::starting;

  std::string source_path;
  std::string source_id;
  std::string journal_mode;
  std::vector<NotCaptured> not_captured;

  std::string target_url;  ///< without password
  bool connected = false;
  std::string apply_mode;  ///< replica or ordinary; empty before the first connection
  std::string server_version;

  std::int64_t captured = 0;
  std::int64_t applied = 0;
  std::int64_t pending = 0;
  double behind_s = 0;

  std::optional<WallTime> last_commit_at;
  std::optional<FlushReport> last_flush;
  std::int64_t changes_applied = 0;
  std::int64_t batches = 0;
  std::int64_t rows_copied = 0;
  std::vector<TableReport> tables;
  std::optional<WorkReport> work;
  std::int64_t quarantined = 0;
  std::optional<Waiting> waiting;
  std::optional<ErrorReport> error;
};

/// A run of the daemon that ended by a crash, a kill or a loss of power.
struct UncleanEnd {
  int pid = 0;                         ///< 0: not known
  std::optional<WallTime> started_at;  ///< where known
};

struct DaemonReport {
  std::string version;
  int pid = 0;
  WallTime started_at{};
  std::string config;                     ///< the path of the configuration file
  std::optional<UncleanEnd> unclean_end;  ///< of the run before this one
  std::vector<PipelineReport> pipelines;
};

}  // namespace sluice::daemon
