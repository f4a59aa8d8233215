#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/report/cutover.h"
#include "daemon/report/resync.h"
#include "daemon/report/status.h"
#include "daemon/report/verify.h"

/// What the control channel asks of the daemon. The server knows HTTP and this; the daemon knows this alone.
namespace sluice::daemon {

/// What kind of thing stands in the way of a request. Which one it is, is told by the word beside it.
enum class Refused {
  bad_request,  ///< it can't be understood, or lacks or contradicts something
  forbidden,    ///< others may ask for it
  not_found,    ///< there is no such pipeline, table, row or path
  conflict,     ///< not as things are now: paused, halted, diverged, finished
  too_large,    ///< more than is ever read
  busy,         ///< as much as can be done at once is being done
  unavailable,  ///< the target is away
  timed_out,    ///< the work goes on
  internal,     ///< a mistake of ours
};

/// A refused request: what kind of thing is wrong, stable word, sentence, remedy (never empty).
struct ControlError {
  Refused why = Refused::internal;
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

/// Which rows of the quarantine to show: the first ones after an id, or one with its values.
struct QuarantineQuery {
  static constexpr std::int64_t kMost = 1000;
  std::string pipeline;
  std::int64_t limit = kMost;
  std::int64_t after = 0;
  std::optional<std::int64_t> id;
};

/// A row that Postgres refused and that is in quarantine, with the evidence.
struct QuarantineEntry {
  struct Field {
    std::string column;
    std::string value;  ///< as a SQL literal
  };
  std::int64_t id = 0;
  std::string table;
  std::string key;        ///< as SQL literals
  std::string operation;  ///< write or delete
  std::string code;
  std::string message;
  std::string sqlstate;    ///< empty for a refusal of our own
  std::string column;      ///< where known
  std::string constraint;  ///< where known
  std::string hint;
  std::int64_t position = 0;
  WallTime first_at{};
  WallTime last_at{};
  std::int64_t attempts = 0;
  std::vector<Field> values;  ///< of a row that was asked for by its id; none for a delete
};

/// By their ids. `total` counts all rows that are in quarantine.
struct QuarantineAnswer {
  std::string pipeline;
  std::vector<QuarantineEntry> rows;
  std::int64_t total = 0;
};

/// What to do something about: rows by their ids.
struct QuarantineChoice {
  std::string pipeline;
  std::vector<std::int64_t> ids;  ///< for a retry, none means all
  std::chrono::milliseconds timeout{30'000};
};

/// `resolved`: rows that were tried again and are not in quarantine any more.
struct RetriedAnswer {
  std::string pipeline;
  std::int64_t tried = 0;
  std::int64_t resolved = 0;
  std::int64_t quarantined = 0;  ///< all rows that are in quarantine now
};

struct DiscardedAnswer {
  std::string pipeline;
  std::int64_t discarded = 0;
  std::int64_t quarantined = 0;  ///< all rows that are in quarantine now
};

/// Which refusal to pass over: its id is from the status.
struct SkipOrder {
  std::string pipeline;
  std::string error_id;
  std::chrono::milliseconds timeout{30'000};
};

struct SkippedAnswer {
  std::string pipeline;
  std::string table;
  std::string key;               ///< as SQL literals
  std::int64_t quarantined = 0;  ///< all rows that are in quarantine now
};

/// Which table to copy again, all of them without a name; `yes`: whatever that changes or deletes.
struct ResyncOrder {
  std::string pipeline;
  std::string table;
  bool yes = false;
};

/// `tables` holds what a comparison has found; none was made where the order said yes.
struct ResyncAnswer {
  std::string pipeline;
  std::string outcome;  ///< copied, different: copied, and yet not equal by a second look, or needs_yes: rows
                        ///< of the target would be changed or deleted
  std::vector<TableDifference> tables;
  double elapsed_ms = 0;
  std::vector<std::string> unequal{};       ///< tables of the target, by the second look
  std::vector<std::string> rewritten_by{};  ///< as TableVerdict::rewritten_by, of these
};

/// Takes an answer, or why there is none, once.
template <typename Answer>
class Reply {
 public:
  using Outcome = std::variant<Answer, ControlError>;

  /// `wanted` says whether somebody still waits for the answer; without it, somebody always does.
  template <typename Take>
  requires(!std::same_as<Take, Reply> && std::invocable<Take&, Outcome>)
      Reply(Take take, std::function<bool()> wanted = {})
      : take_(std::move(take)), wanted_(std::move(wanted)) {}

  void operator()(Outcome outcome) const { take_(std::move(outcome)); }

  /// False once whoever asked has hung up: the work need not be done. Control thread.
  bool wanted() const { return !wanted_ || wanted_(); }

 private:
  std::function<void(Outcome)> take_;
  std::function<bool()> wanted_;
};

/// A request without an answer of its own has been carried out.
struct Done {
  std::string
      outcome{};  ///< paused, resumed, retrying; pausing, resuming: as soon as what is under way is over
};

/// All calls come from the control thread and return at once; replies are invoked on the control thread,
/// once. A pipeline name that is empty means the only pipeline; the service refuses with the names when
/// there are several (bad_request), and an unknown name (not_found).
class ControlService {
 public:
  virtual ~ControlService() = default;

  virtual DaemonReport status() = 0;
  /// Replay everything committed before now. timeout 0: answer `started` with the position to wait for.
  virtual void flush(const std::string& pipeline, std::chrono::milliseconds timeout,
                     Reply<FlushAnswer> reply) = 0;
  /// These three answer once the pipeline heeds them, or after a short while that it will.
  virtual void pause(const std::string& pipeline, Reply<Done> reply) = 0;
  virtual void resume(const std::string& pipeline, Reply<Done> reply) = 0;
  virtual void retry(const std::string& pipeline, Reply<Done> reply) = 0;
  // Looks, up to retry_quarantined: few at once, each answered within its time, and given up where the reply
  // is not wanted any more. 503 where too many are waiting already, 504 where one takes too long.
  /// `check` of a running pipeline, from what the daemon knows and sees now.
  virtual void check(const std::string& pipeline, Reply<CheckAnswer> reply) = 0;
  /// The changes themselves, read from the file beside the pipeline's own work.
  virtual void log(const LogQuery& query, Reply<LogAnswer> reply) = 0;
  /// What is in quarantine, read from Postgres beside the pipeline's own work.
  virtual void quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) = 0;
  /// Tries rows again now; answers once they have been. not_found for an id that is not in quarantine.
  virtual void retry_quarantined(const QuarantineChoice& choice, Reply<RetriedAnswer> reply) = 0;
  /// Drops rows from the quarantine. not_found, and nothing is dropped, for an id that is not in quarantine.
  virtual void discard_quarantined(const QuarantineChoice& choice, Reply<DiscardedAnswer> reply) = 0;
  /// Puts the row before which the pipeline is halted into the quarantine; answers once it has gone on.
  virtual void skip(const SkipOrder& order, Reply<SkippedAnswer> reply) = 0;
  /// Copies tables again, and answers once that is done. Where rows of the target would be changed or
  /// deleted, says how many and does nothing, unless the order says yes. Tells of its progress, on the
  /// control thread, as often as it likes.
  virtual void resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) = 0;
  /// Compares tables by value, beside the stream of changes; repairs what differs if the order says so. Tells
  /// of its progress like resync().
  virtual void verify(const VerifyOrder& order, OnProgress on_progress, Reply<VerifyAnswer> reply) = 0;
  /// Moves the application's data to Postgres for good: refuses with the reason, or answers once that is
  /// done.
  virtual void cut_over(const CutoverOrder& order, OnProgress on_progress, Reply<CutoverAnswer> reply) = 0;
  /// The source has moved: accepts its new place.
  virtual void adopt(const std::string& pipeline, Reply<Done> reply) = 0;
  /// Lets go of the pipeline for good (until the daemon is started again): before uninstalling.
  virtual void release(const std::string& pipeline, Reply<Done> reply) = 0;
  /// Reads the configuration again.
  virtual void reload(Reply<Done> reply) = 0;
  /// Stops cleanly after the answer has gone out.
  virtual void stop() = 0;
};

}  // namespace sluice::daemon
