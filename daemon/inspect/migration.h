#pragma once

#include <optional>

#include "capture/migration_lock.h"
#include "capture/source.h"
#include "daemon/config/config.h"

namespace sluice::daemon {

/// Takes capture out of a pipeline's file for as long as this lives: an application's migration tools then
/// see the plain schema, and no daemon puts anything back. Wherever it ends, Postgres knows that every table
/// has to be compared. Used from one thread.
class Migration {
 public:
  /// Blocks until it is out. Throws std::runtime_error with the reason and the remedy, with nothing changed
  /// in the file.
  explicit Migration(const PipelineConfig& config);

  /// Puts capture back in, so that from now on every change is noted, and lets others at the file. Throws as
  /// the constructor does.
  void end();

 private:
  capture::SourceOptions options_;
  std::optional<capture::MigrationLock> lock_;
};

}  // namespace sluice::daemon
