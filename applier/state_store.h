#pragma once

#include <string>

#include "applier/progress.h"
#include "applier/session.h"

/// Sluice's own tables on the server: made once, read after every connect, written inside the batches.
namespace sluice::applier {

/// The version of the tables that this code reads and writes.
inline constexpr int kStateFormat = 1;

/// Makes the state schema where it is missing. Throws ApplyError (table) where its format is newer than ours.
void ensure_state_schema(Session& session, const std::string& schema);

/// What the server remembers of a pipeline.
StoredState load_state(Session& session, const std::string& schema, const std::string& pipeline);

/// Writes the row of a pipeline that starts for the first time; its tables are all pending.
void create_pipeline(Session& session, const std::string& schema, const std::string& pipeline,
                     const PipelineRow& row);

/// Remembers where the source is now.
void update_place(Session& session, const std::string& schema, const std::string& pipeline,
                  const SourceIdentity& source);

/// The fence, as a statement for a batch: moves the position from `believed` to `next`, or raises SL001.
std::string advance_sql(const std::string& schema, const std::string& pipeline, const PipelineRow& believed,
                        const capture::Anchor& next, bool whole);

/// The statement that writes how far a table's copy has come.
std::string save_progress_sql(const std::string& schema, const std::string& pipeline,
                              const std::string& table, const TableProgress& progress);

/// Takes out what is remembered of a pipeline, and the schema when it was the last. False when there was
/// nothing.
bool forget_pipeline(Session& session, const std::string& schema, const std::string& pipeline);

}  // namespace sluice::applier
