#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "capture/source.h"
#include "daemon/base/file_signature.h"
#include "daemon/config/config.h"

namespace sluice::daemon {

/// Why somebody looks at the source: a file event, or the clock.
enum class Prompt { event, poll };

/// What an open source is, beside what was known of it.
enum class Renewal {
  kept,      ///< it was held open
  reopened,  ///< the same file, let go of in the meantime
  unknown,   ///< another file, or one that was never looked at
};

/// The file's side of a pipeline. The file is let go of in quiet moments, so that the application's own last
/// close folds its log in; an open source is had from open() and renew() alone, so that nobody can reach for
/// one that has been let go of. Used from one thread. Throws capture::SourceError and SQLite::Exception.
class SourceLink {
 public:
  /// `opening` is told before the file is opened. The configuration has to outlive the link.
  SourceLink(const PipelineConfig& config, std::function<void()> opening);

  /// The source as it is held open, or opened now where it is not.
  capture::Source& open();

  /// Opens the file where it is not open, or where another one has taken its place.
  Renewal renew();

  /// The same, for whoever looks at everything anew: what was read before is forgotten.
  void open_afresh();

  bool is_open() const { return source_ != nullptr; }

  /// Lets go of the file for as long as it is quiet; keeps it where somebody has written just now.
  void let_go();

  /// Lets go of the file for good.
  void close();

  /// Has the file changed since the last look? Cheap; opens nothing where it is as it was left. In a
  /// rollback-journal mode even this takes a lock, so there it is asked only when the file says that it is
  /// worth it.
  bool changed(Prompt prompt, bool write_ahead);

  /// Is the file let go of, and untouched since?
  bool at_rest() const;

 private:
  void reopen();
  bool log_has_news(capture::Source& source);
  bool journal_has_news(capture::Source& source, Prompt prompt);

  const PipelineConfig& config_;
  std::function<void()> opening_;
  std::unique_ptr<capture::Source> source_;
  std::optional<FileSignature> left_at_;  ///< the file when it was let go of
  FileSignature seen_at_;                 ///< the file at the last look
  bool missed_change_ = false;            ///< seen, but not yet told
};

}  // namespace sluice::daemon
