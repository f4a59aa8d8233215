#pragma once

#include <string>

/// Keeps capture out of a file while an application's schema migration runs on it.
namespace sluice::capture {

/// Held on the file's folder, because closing another descriptor of the file itself would end SQLite's own
/// locks on it. Released with the object, at the latest when the process and those that it has started
/// meanwhile have ended: a migration whose keeper was killed is not disturbed.
class MigrationLock {
 public:
  enum class Kind {
    migration,    ///< nobody else may hold it
    installation  ///< others may install, but no migration may run
  };

  /// Throws SourceError: "migration_running" where that can't be now; a migration waits a moment for those
  /// who install; or another code where the folder can't be locked at all.
  MigrationLock(const std::string& path, Kind kind);
  ~MigrationLock();
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  int folder_;
};

}  // namespace sluice::capture
