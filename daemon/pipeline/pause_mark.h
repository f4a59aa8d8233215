#pragma once

#include <filesystem>

#include "daemon/config/config.h"

namespace sluice::daemon {

/// A note on disk that a person has stopped a pipeline, which so stays stopped over a restart of the daemon
/// and of the machine, whether the server is there or not. Used from one thread.
class PauseMark {
 public:
  explicit PauseMark(const PipelineConfig& config);

  /// Is the note there?
  bool is_set() const;
  /// False where it can't be kept: then the pause ends with the daemon.
  bool set() const;
  void take_away() const;

 private:
  std::filesystem::path note_;
};

}  // namespace sluice::daemon
