#pragma once

#include <stdexcept>

#include "capture/source.h"
#include "daemon/sync/scan.h"
#include "daemon/sync/sync_state.h"

/// Reading the next chunk of changes, and with it the next one of a scan.
namespace sluice::daemon {

/// The schema moved, or the changelog is not what it was, while a batch was under way: it is rolled back.
struct Interrupted : std::runtime_error {
  Interrupted();
};

/// What to read after `from`: each table as far as its copy has come, within the limits of a batch.
capture::ReadRequest read_after(const SyncState& state, const capture::Anchor& from);

/// The same with the scan's next chunk, which begins after `frontier`.
capture::ReadRequest read_after(const SyncState& state, const capture::Anchor& from, const Scan& scan,
                                const capture::Key& frontier);

/// Reads it, and takes account of it. Throws Interrupted.
capture::Chunk read(SyncState& state, capture::Source& source, const capture::ReadRequest& request);

}  // namespace sluice::daemon
