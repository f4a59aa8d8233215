#pragma once

#include <map>
#include <string>

#include "applier/server/progress.h"
#include "applier/server/session.h"

/// Sluice's own tables on the server: made once, read after every connect, written inside the batches.
namespace sluice::applier {

/// The version of the tables that this code reads and writes.
inline constexpr int kStateFormat = 5;

/// Makes the state schema where it is missing, brings an older format up to date, and puts back what holds
/// nothing: its functions, the number of its format. Tables that are not what they should be are left to
/// load_state(). Throws ApplyError (table) where its format is newer than ours.
void ensure_state_schema(Session& session, const std::string& schema);

/// What the server remembers of a pipeline, all of one moment; with the damage, where there is any. Waits for
/// a batch of it that is still under way in another session: its outcome is part of the answer.
StoredState load_state(Session& session, const std::string& schema, const std::string& pipeline);

/// Writes anew what is remembered of a pipeline: `row` where there is one, and `tables`; the quarantine is
/// emptied. Where Sluice's own tables are not what they should be, they are made anew first, and every other
/// pipeline of the schema starts afresh as well.
void rewrite_state(Session& session, const std::string& schema, const std::string& pipeline,
                   const std::optional<PipelineRow>& row, const std::map<std::string, TableProgress>& tables);

/// Writes the row of a pipeline that starts for the first time; its tables are all pending.
void create_pipeline(Session& session, const std::string& schema, const std::string& pipeline,
                     const PipelineRow& row);

/// Remembers which source it is now, and where; for a transaction that has moved the position.
void update_source(Session& session, const std::string& schema, const std::string& pipeline,
                   const SourceIdentity& source);

/// The statement that notes whether capture is out of the file for a migration; for a transaction that has
/// moved the position.
std::string save_migrating_sql(const std::string& schema, const std::string& pipeline, bool migrating);

/// The fence at the start of a transaction: holds the row that is `believed`, or raises SL001.
std::string hold_sql(const std::string& schema, const std::string& pipeline, const PipelineRow& believed);

/// Is the row still the one that is believed? Throws ApplyError (fenced) where it is not.
void confirm_position(Session& session, const std::string& schema, const std::string& pipeline,
                      const PipelineRow& believed);

/// The fence, as a statement for a batch: moves the position from `believed` to `next` and raises the epoch
/// by one, or raises SL001.
std::string advance_sql(const std::string& schema, const std::string& pipeline, const PipelineRow& believed,
                        const capture::Anchor& next, bool whole);

/// Ends the pipeline, as a statement for a transaction that begins with hold_sql(): no daemon writes for it
/// any more.
std::string finish_sql(const std::string& schema, const std::string& pipeline);

/// The statement that writes how far a table's copy has come.
std::string save_progress_sql(const std::string& schema, const std::string& pipeline,
                              const std::string& table, const TableProgress& progress);

/// The statement that forgets how far it has come.
std::string forget_progress_sql(const std::string& schema, const std::string& pipeline,
                                const std::string& table);

/// The tables that the pipeline has made, with the fingerprints of their DDL; none where nothing is
/// remembered yet. Waits for nobody.
std::map<std::string, std::string> made_tables(Session& session, const std::string& schema,
                                               const std::string& pipeline);

/// Takes out what is remembered of a pipeline, and the schema when it was the last. False when there was
/// nothing.
bool forget_pipeline(Session& session, const std::string& schema, const std::string& pipeline);

}  // namespace sluice::applier
