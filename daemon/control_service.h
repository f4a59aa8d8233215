#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/status.h"

/// What the control channel asks of the daemon. The server knows HTTP and this; the daemon knows this alone.
namespace sluice::daemon {

/// A refused request: HTTP status, stable word, sentence, remedy (never empty).
struct ControlError {
  int status = 500;
  std::string code;
  std::string message;
  std::string hint;
};

struct FlushAnswer {
  std::string pipeline;
  std::string outcome;  ///< flushed, nothing_to_do or started
  std::int64_t position = 0;
  std::int64_t changes = 0;
  std::int64_t quarantined = 0;
  double elapsed_ms = 0;
};

/// One line of `check`: a thing that must be right, whether it is, and the remedy where it is not.
struct CheckItem {
  enum class Verdict { ok, note, failed };
  std::string subject;  ///< e.g. "source file", "replica mode"
  Verdict verdict = Verdict::ok;
  std::string detail;
  std::string remedy;
};

struct CheckAnswer {
  std::string pipeline;
  bool ready = false;
  std::vector<CheckItem> items;
};

/// Which changes to show: the newest ones, or the first ones after a position.
struct LogQuery {
  static constexpr std::int64_t kMost = 1000;
  std::string pipeline;
  std::int64_t limit = 20;
  std::optional<std::int64_t> after;
};

/// One change, readable.
struct LogLine {
  std::int64_t position = 0;
  std::optional<WallTime> seen_at;  ///< when this daemon saw it come; unknown for what was there before
  std::string table;                ///< empty for a base entry
  std::string operation;            ///< insert, update, delete, maybe_replaced or base
  std::string key;                  ///< as SQL literals; empty for a base entry
  std::optional<bool> applied;      ///< does Postgres have it? unknown until Postgres has told its position
};

/// The oldest first; `newest` is where the changelog ends.
struct LogAnswer {
  std::string pipeline;
  std::vector<LogLine> entries;
  std::int64_t newest = 0;
};

template <typename Answer>
using Reply = std::function<void(std::variant<Answer, ControlError>)>;

struct Done {};

/// All calls come from the control thread and return at once; replies are invoked on the control thread,
/// once. A pipeline name that is empty means the only pipeline; the service answers 400 with the names when
/// there are several, 404 for an unknown name.
class ControlService {
 public:
  virtual ~ControlService() = default;

  virtual DaemonReport status() = 0;
  /// Replay everything committed before now. timeout 0: answer `started` with the position to wait for.
  virtual void flush(const std::string& pipeline, std::chrono::milliseconds timeout,
                     Reply<FlushAnswer> reply) = 0;
  virtual void pause(const std::string& pipeline, Reply<Done> reply) = 0;
  virtual void resume(const std::string& pipeline, Reply<Done> reply) = 0;
  virtual void retry(const std::string& pipeline, Reply<Done> reply) = 0;
  /// `check` of a running pipeline, from what the daemon knows and sees now.
  virtual void check(const std::string& pipeline, Reply<CheckAnswer> reply) = 0;
  /// The changes themselves, read from the file beside the pipeline's own work.
  virtual void log(const LogQuery& query, Reply<LogAnswer> reply) = 0;
  /// Lets go of the pipeline for good (until the daemon is started again): before uninstalling.
  virtual void release(const std::string& pipeline, Reply<Done> reply) = 0;
  /// Reads the configuration again.
  virtual void reload(Reply<Done> reply) = 0;
  /// Stops cleanly after the answer has gone out.
  virtual void stop() = 0;
};

}  // namespace sluice::daemon
