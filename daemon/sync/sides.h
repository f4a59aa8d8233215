#pragma once

#include <optional>

#include "applier/server/progress.h"
#include "applier/server/session.h"
#include "capture/source.h"

/// How far a pipeline has come in opening, as types: what needs the one takes it as a value, which only the
/// step before gives. They hold references, and are good for as long as nobody lets go of a side: for one
/// verb of the replicator.
namespace sluice::daemon {

struct SyncState;

/// Both sides, open. Only a Link gives it.
class Sides {
 public:
  capture::Source& source;
  applier::Session& session;

 private:
  friend class Link;
  Sides(capture::Source& source_, applier::Session& session_) : source(source_), session(session_) {}
};

/// Both sides of a pipeline that Postgres knows, and how it does: had where it has been started.
class Known : public Sides {
 public:
  Known(const Sides& sides, applier::PipelineRow& row_) : Sides(sides), row(row_) {}

  applier::PipelineRow& row;
};

/// Both sides, held against one another and found to belong together, every captured table with its target:
/// changes may be brought over. Only a settlement gives it.
class Settled : public Known {
 private:
  friend std::optional<Settled> settled(SyncState& state, const Sides& sides);
  explicit Settled(const Known& known) : Known(known) {}
};

}  // namespace sluice::daemon
