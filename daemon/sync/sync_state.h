#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "applier/batch.h"
#include "applier/design/table_design.h"
#include "applier/server/apply_error.h"
#include "applier/server/progress.h"
#include "applier/values/conversion_notes.h"
#include "applier/values/options.h"
#include "applier/write/refusal.h"
#include "capture/source_types.h"
#include "daemon/config/config.h"
#include "daemon/sync/batch_size.h"
#include "daemon/sync/guard.h"
#include "daemon/sync/verification.h"

namespace sluice::daemon {

/// Changes and copied rows, and the memory that they take.
struct UnderWay {
  std::int64_t changes = 0;
  std::int64_t bytes = 0;
};

/// Indexes and foreign keys of tables that were made, whose rows are there now.
struct Finishing {
  std::vector<applier::TableDesign> designs;
  std::size_t indexed = 0;  ///< so many of them have their indexes
};

/// What is known of one pipeline, shared by all that bring it over; nothing here does any work. Outlives
/// connections: what Postgres remembers is read back into it by load(). Used from one thread at a time.
struct SyncState {
  /// Told of every step before it is taken: open_source, connect, install, settle, check_existing, read,
  /// apply, commit.
  using Observer = std::function<void(const char* step)>;

  SyncState(const PipelineConfig& pipeline, Observer observer);

  const PipelineConfig config;
  const applier::TargetOptions target;
  const Observer observe;

  capture::Catalog catalog;
  std::optional<capture::Moved> moved;  ///< the source has been cut over, and Postgres does not say so yet

  std::optional<applier::PipelineRow> row;                 ///< what Postgres holds; nothing before the start
  std::map<std::string, applier::TableProgress> progress;  ///< by the source table's name
  std::optional<applier::ApplyError> damage;               ///< of what the server remembers
  applier::Plan plan;
  std::optional<Finishing> finishing;

  Evidence evidence;
  Judgement judgement;
  bool settled = false;  ///< since what Postgres remembers was last read; see Settled

  std::set<std::string> filled;  ///< of the tables still to be copied, those whose target holds rows
  std::map<std::string, std::int64_t> rows_total;
  std::map<std::string, std::int64_t> kept_rows;  ///< by the copies under way that keep what only the target
                                                  ///< has
  std::optional<Verification> verification;       ///< the comparison under way

  BatchSize batch_size;
  UnderWay under_way;         ///< read for the batch that is being written
  capture::Position read_to;  ///< the newest change that a step has read, or that was there when the schema
                              ///< was last looked at

  applier::Tolerance tolerance;
  bool retry_quarantined = false;  ///< the next step tries the quarantined rows, whether changed or not
  applier::RowName retried_to;     ///< the last of those that have been tried again by now
  bool retry_helped = false;       ///< some were let in since that began

  applier::ConversionNotes notes;  ///< of the values of the step under way
  std::set<std::tuple<std::string, std::string, applier::Remarks>> told_notes;  ///< table, column, remark
  std::set<std::string> told_rules;  ///< of tables that are not there

  bool misfit = false;  ///< a value has been refused that another look at its table may find fit
  std::set<std::string> index_refused;  ///< tables that Sluice made, of which a row was too long for an index

  std::set<std::string> units_sought;   ///< tables whose rows have been looked at for units
  std::set<std::string> units_doubted;  ///< those of which a number has been refused since
};

/// How the table is being brought over.
applier::TableProgress& progress_of(SyncState& state, const applier::TargetTable& table);

bool has_quarantined_rows(const SyncState& state, const std::string& table);

/// What every batch of the pipeline has in common. Looks into `state`, which has to outlive it.
applier::BatchContext batch_context(SyncState& state);

}  // namespace sluice::daemon
