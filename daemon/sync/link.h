#pragma once

#include <memory>
#include <optional>

#include "applier/server/session.h"
#include "capture/source.h"
#include "daemon/sync/known_server.h"
#include "daemon/sync/sides.h"
#include "daemon/sync/source_link.h"
#include "daemon/sync/sync_state.h"

namespace sluice::daemon {

/// Both sides of a pipeline: the server's, with what it remembers, and the file's (see SourceLink). Each is
/// opened by whoever asks for it where it is not open, the server first: a pipeline that has ended says so
/// there, and then nothing may be written to the file. Used from one thread. Throws applier::ApplyError,
/// capture::SourceError, SQLite::Exception and Diverged.
class Link {
 public:
  /// What was open, and the sides as they are now.
  struct Renewed {
    Renewal source;
    Sides sides;
  };

  /// The state has to outlive the link.
  Link(SyncState& state, std::shared_ptr<applier::Lifeline> lifeline);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Lets go of the server, connects anew, and looks at the file anew.
  Sides open_afresh();
  /// Both sides as they are held open, or opened now.
  Sides open();
  /// The same; a file that another one has replaced is opened anew.
  Renewed renew();

  /// Asks Postgres whether the position is still where this side believes it: a server that is away, or was
  /// restored to an earlier point, says so only when it is asked.
  void confirm();

  /// The newest position of the source, which is opened for it; nothing where it can't be read just now.
  std::optional<capture::Position> captured();
  /// Has the source changed since the last step?
  bool source_changed(Prompt prompt);
  /// Is the file closed and untouched since?
  bool at_rest() const { return source_.at_rest(); }
  bool source_open() const { return source_.is_open(); }
  /// Null where the server is not connected.
  applier::Session* session() { return session_.get(); }
  const applier::Session* session() const { return session_.get(); }
  const std::shared_ptr<applier::Lifeline>& lifeline() const { return lifeline_; }

  /// Lets go of the file, so that the application's own last close folds its log in.
  void close_source() { source_.let_go(); }
  /// Lets go of the server.
  void close_target();
  /// Lets go of both.
  void close();

 private:
  applier::Session& target();
  void connect();

  SyncState& state_;
  std::shared_ptr<applier::Lifeline> lifeline_;
  SourceLink source_;
  std::unique_ptr<applier::Session> session_;
  KnownServer known_server_;
  int last_backend_ = 0;  ///< of a session that ended unexpectedly
};

}  // namespace sluice::daemon
