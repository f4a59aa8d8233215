#include "daemon/sync/installing.h"

#include "applier/server/apply_error.h"

namespace sluice::daemon {
namespace {

/// An id that the file has lost is the one that Postgres knows at this place: a file in another place is not
/// written to.
capture::KnownHistory known_history(const SyncState& state) {
  if (!state.row) return {};
  return {state.row->applied.position, state.row->source.id};
}

}  // namespace

void install_and_survey(SyncState& state, const Sides& sides) {
  constexpr int kTries = 10;
  state.moved = state.row ? sides.source.moved() : std::nullopt;
  if (state.moved) {
    state.catalog = sides.source.survey();
    return;
  }
  for (int i = 0; i < kTries; ++i) {
    sides.source.install(known_history(state));
    state.read_to = sides.source.captured();
    state.catalog = sides.source.survey();
    if (sides.source.missing().empty()) return;
  }
  throw applier::ApplyError(applier::Fault::environment,
                            "the schema of the source changes faster than it can be followed");
}

}  // namespace sluice::daemon
