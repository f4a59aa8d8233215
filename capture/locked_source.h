#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <functional>
#include <optional>

#include "capture/source_types.h"

/// The end of a source: its last changes are read under a lock, and then it takes no more writes.
namespace sluice::capture {

/// What the application is told whose write the fence refuses.
inline constexpr const char* kMovedMessage = "this database has moved to Postgres";

/// The write lock of a source, for as long as the object lives: nobody else writes meanwhile, and the
/// source's own reading calls see what is there now. Nothing has changed in the file until commit(). Used
/// from the source's thread.
class LockedSource {
 public:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  /// What a source lends to its lock: its connection, made fit for writing.
  struct Loan {
    SQLite::Database& database;
    const SourceOptions& options;
    std::function<void(Milliseconds)> be_patient;  ///< how long SQLite is to wait for others
    std::function<void()> give_back;
  };

  /// Waits up to `longest` for the lock, and has it from then on for no longer. Throws SourceError
  /// "source_locked" where somebody else keeps it.
  LockedSource(Loan loan, Milliseconds longest);
  /// Lets go of the lock; without commit(), nothing has happened.
  ~LockedSource();
  LockedSource(const LockedSource&) = delete;
  LockedSource& operator=(const LockedSource&) = delete;

  /// Takes the capture triggers out and notes that the file has moved; with `refuse_writes`, puts others in
  /// their place that refuse every insert, update and delete with kMovedMessage.
  void fence(bool refuse_writes);

  /// Throws SourceError "lock_too_long" where the time is over.
  void check_time() const;

  /// Makes it so, and lets go of the lock. Throws SourceError "lock_too_long" where the time is over, or
  /// where a reader of a file in a rollback-journal mode does not give way before.
  void commit();

  /// When it has to be over.
  Clock::time_point until() const { return since_ + longest_; }
  bool committed() const { return released_.has_value(); }
  /// For how long it was, or has been, locked.
  Clock::duration held() const { return (released_ ? *released_ : Clock::now()) - since_; }

 private:
  Loan loan_;
  Milliseconds longest_;
  Clock::time_point since_;
  std::optional<Clock::time_point> released_;
};

}  // namespace sluice::capture
