#pragma once

#include <mutex>
#include <optional>

#include "capture/source.h"
#include "daemon/base/file_signature.h"
#include "daemon/config/config.h"
#include "daemon/report/seen_marks.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// Reads a pipeline's changelog for people, with a connection of its own, blocking. Any thread.
class LogView {
 public:
  explicit LogView(const PipelineConfig& config) : config_(config) {}

  /// Whoever follows asks often: a file that nobody has touched since the last time is not opened for that.
  /// Throws as capture::Source does.
  capture::LogExcerpt read(const LogQuery& query);

  /// Where the changelog ends now. Throws as capture::Source does.
  capture::Position newest() const;

 private:
  struct Rest {
    FileSignature file;
    capture::Position newest;
  };

  std::optional<capture::Position> newest_at_rest(const FileSignature& file) const;

  const PipelineConfig& config_;
  mutable std::mutex mutex_;
  std::optional<Rest> rest_;
};

/// What the daemon knows of the entries that were read from the file: when it saw them come, and whether
/// Postgres has them. Pure.
LogAnswer log_answer(const capture::LogExcerpt& excerpt, const SeenMarks& marks,
                     const PipelineReport& report);

}  // namespace sluice::daemon
