#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/report/status.h"

/// The end of a pipeline, and the move to Postgres: what is asked, and what was done. Plain data, any thread.
namespace sluice::daemon {

struct CutoverOrder {
  static constexpr std::chrono::milliseconds kUsualLock{5000};
  static constexpr std::chrono::milliseconds kLongestLock{60'000};

  std::string pipeline;
  std::chrono::milliseconds max_lock = kUsualLock;  ///< for which the file may be locked for writing
  bool fence = true;                                ///< refuse every write to it from then on
  /// Other pipelines that read the file: then it takes writes and is captured as before, and this one alone
  /// ends.
  std::vector<std::string> shared_with{};
};

/// Why a pipeline is not cut over now; nothing has changed.
class CutoverRefused : public std::runtime_error {
 public:
  CutoverRefused(std::string code_, const std::string& message, std::string hint_)
      : std::runtime_error(message), code(std::move(code_)), hint(std::move(hint_)) {}
  std::string code;
  std::string hint;
};

struct CutoverAnswer {
  struct Table {
    std::string table;   ///< in the source
    std::string target;  ///< as people read it
    std::int64_t rows = 0;
    std::int64_t dangling = 0;  ///< of them, those that break a foreign key of the server
  };
  struct Sequence {
    std::string name;
    std::string table;
    std::string column;
    std::int64_t next = 0;  ///< the number that it gives out next
  };
  struct Constraint {
    std::string name;
    std::string table;
    std::string reason;  ///< why it is not valid still; empty where it was made valid
    std::string remedy;
  };

  std::string pipeline;
  std::string outcome = "finished";
  std::int64_t position = 0;  ///< the last change, which Postgres holds
  bool fenced = true;
  std::vector<std::string> shared_with;  ///< see CutoverOrder
  double locked_ms = 0;                  ///< for which the application could not write
  std::vector<Table> tables;
  std::vector<Sequence> sequences;
  std::vector<Constraint> constraints;
  std::vector<NotCaptured> not_captured;  ///< what stayed behind in the file
  double elapsed_ms = 0;
};

}  // namespace sluice::daemon
