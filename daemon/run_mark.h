#pragma once

#include <filesystem>
#include <optional>

#include "daemon/report/status.h"

namespace sluice::daemon {

/// Notes on disk that a daemon is at work with a configuration: the note is there from begin() until
/// end_cleanly(), so one that is found by the next daemon tells of a crash, a kill or a loss of power. The
/// running daemon holds a lock on it, which ends with the process, so that another daemon at work with the
/// same configuration is not taken for a dead one. Used from one thread.
class RunMark {
 public:
  /// Leaves the note in `folder`, which is made if need be. Where that can't be done, and where another
  /// daemon holds the note, nothing is noted and nothing is said of the last run.
  static RunMark begin(const std::filesystem::path& folder, const std::filesystem::path& config_file, int pid,
                       WallTime started_at);

  ~RunMark();
  RunMark(RunMark&& other) noexcept;
  RunMark& operator=(RunMark&&) = delete;

  /// The run before this one, where it did not end cleanly.
  const std::optional<UncleanEnd>& last_run() const { return last_run_; }

  /// Takes the note away.
  void end_cleanly();

 private:
  RunMark(std::filesystem::path note, int file);

  std::filesystem::path note_;
  int file_;  ///< the note, locked; -1: none
  std::optional<UncleanEnd> last_run_;
};

}  // namespace sluice::daemon
