#pragma once

#include <memory>
#include <optional>

#include "applier/server/session.h"
#include "daemon/config/config.h"
#include "daemon/report/cutover.h"
#include "daemon/sync/cutover_steps.h"
#include "daemon/sync/guard.h"
#include "daemon/sync/link.h"
#include "daemon/sync/quarantine_book.h"
#include "daemon/sync/resync.h"
#include "daemon/sync/step_result.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Moves the changes of one pipeline, blocking: opens both sides, settles where to go on, reads batches and
/// applies them. The front of what shares a SyncState. Every verb opens what it needs and is not open; what
/// needs a settled pipeline and finds none does nothing, and says that it has to be looked at anew. Knows no
/// threads, no timers and no sockets of its own. Used from one thread at a time. Throws applier::ApplyError,
/// capture::SourceError, SQLite::Exception and Diverged; afterwards link().close() and open() start afresh,
/// and the position is read back from Postgres.
class Replicator {
 public:
  Replicator(const PipelineConfig& config, std::shared_ptr<applier::Lifeline> lifeline,
             SyncState::Observer observer);
  Replicator(const Replicator&) = delete;
  Replicator& operator=(const Replicator&) = delete;

  /// Connects to Postgres, and looks at the file anew.
  void open();

  /// Installs what capture lacks, and holds the source against what Postgres remembers of it. What the
  /// outcome asks for is for the caller to do; nothing has been written to a target table.
  Outcome settle();

  /// Begins the copy of the tables anew that settle() found to have missed something.
  void copy_again();

  /// Says why settle() found that the two sides do not belong together.
  [[noreturn]] void diverge() const;

  /// Brings over the next batch, or the next chunk of a scan with the batch that it goes with.
  StepResult step();

  // What a person may ask of a pipeline, diverged or not. It is followed by another settle().

  /// Has tables copied again: what that would do, and doing it.
  Resync resync();
  /// Accepts the place where the file is now. Throws Diverged where it is another file.
  void adopt();

  /// The end of a settled pipeline, by the protocol of docs/CUTOVER.md. Where it throws, the file is as it
  /// was and the pipeline goes on, unless the error says "not_recorded".
  CutoverEnd cut_over(const CutoverOrder& order);

  /// Both sides: what can be asked of them, and letting go of them.
  Link& link() { return link_; }
  const Link& link() const { return link_; }

  /// The rows that Postgres refused.
  QuarantineBook& quarantine() { return quarantine_; }
  const QuarantineBook& quarantine() const { return quarantine_; }

  /// While there is one, the steps compare tables, whenever none is under its copy; it tells what has come of
  /// it.
  std::optional<Verification>& verification() { return state_.verification; }

  /// All that this side knows.
  const SyncState& state() const { return state_; }

 private:
  SyncState state_;
  Link link_;
  QuarantineBook quarantine_{state_};
};

}  // namespace sluice::daemon
