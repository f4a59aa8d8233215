#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "applier/compare/comparison.h"
#include "applier/server/progress.h"
#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "applier/values/convert.h"
#include "applier/values/options.h"
#include "applier/write/refusal.h"
#include "applier/write/stage.h"
#include "capture/change.h"

/// How a batch reaches Postgres: always as one transaction, fenced by the position row.
namespace sluice::applier {

/// The tables a pipeline writes, parents first.
struct Plan {
  std::vector<TargetTable> tables;

  /// The target of a captured table; null where it is not replicated.
  const TargetTable* find(capture::TableId id) const;
};

/// What every batch of a pipeline has in common.
struct BatchContext {
  std::string pipeline;
  std::string state_schema;
  TextPolicies text;
  const Tolerance* tolerance = &kNoTolerance;  ///< outlives the batch
};

/// Small enough to go over in one message?
bool is_small(const capture::Chunk& chunk);

/// Writes a whole small batch in one round trip, from BEGIN to COMMIT; where a row is refused, in the way of
/// a large one. Throws ApplyError, which names the row that is refused and not to be quarantined.
QuarantineMoves write_small_batch(Session& session, const Plan& plan, const BatchContext& context,
                                  const PipelineRow& believed, const capture::Chunk& chunk);

/// How much of what a comparison finds is to be made equal.
enum class Repair {
  nothing,
  rows,         ///< those that are missing or differ
  extra,        ///< and those that only the target has
  left_out_too  ///< with those that the table's rule leaves out
};

/// What stands in a target table that was there before its first copy.
struct ExistingCounts {
  std::int64_t foreign = 0;    ///< rows that only the target has
  std::int64_t differing = 0;  ///< rows that both have, with other values
  std::int64_t rows = 0;       ///< all rows that the target has
};

/// A batch of several chunks. Constructed: the transaction has begun and the position is held. Destroyed
/// without commit(): nothing has happened.
class LargeBatch {
 public:
  LargeBatch(Session& session, const Plan& plan, BatchContext context, PipelineRow believed);

  /// Gathers the changes of a chunk, which has to live until the next one comes or the batch ends; rows that
  /// are all new go straight into their table where it would refuse them if they were not.
  void add(const capture::Chunk& chunk);

  /// How a chunk of a first copy is written.
  enum class Straight {
    streamed,  ///< the server is at work on it while the next one is read; a refusal ends the batch
    checked,   ///< refused rows are told apart
  };

  /// Writes a chunk of a first copy straight into a target table that held nothing before. No change of the
  /// batch is about its keys.
  void copy_straight(const TargetTable& table, const std::vector<capture::Row>& rows, Straight way);

  /// Gathers a chunk of a table that is compared with what the target holds already; see reconcile().
  void gather(const TargetTable& table, const std::vector<capture::Row>& rows);

  /// Notes the keys of this table that the changes write, for a scan that has begun; see Comparison.
  void note_keys(const TargetTable& table);
  /// Lets go of noted keys: the scan has ended in another way.
  void forget_keys(const TargetTable& table);

  /// Writes what has been gathered so far, and holds a chunk of its table against what the target then has.
  /// What is to be repaired of it goes over with commit(), where no row may be refused that is not in
  /// quarantine already: what stands in the way may be a row that the scan has still to come by.
  Findings compare(const TargetTable& table, const ScanChunk& chunk, Repair repair);

  /// The table's stage now holds every row of the source: what does the target hold beside them?
  ExistingCounts count_existing(const TargetTable& table);

  /// Has the target's rows that the gathered table lacks deleted with the batch, so that both become equal.
  void delete_unknown(const TargetTable& table);

  /// Remembers how far the copy of a table has come.
  void save(const std::string& source_table, const TableProgress& progress);

  /// Writes everything gathered, moves the position and commits. `whole` says that `to` is a boundary. Says
  /// which rows are in quarantine, and which no longer.
  QuarantineMoves commit(const capture::Anchor& to, bool whole);

 private:
  /// Nobody looks through more refusals of one table; the rest is not even looked for.
  static constexpr std::size_t kMostRefusals = 1001;

  Stage& stage(const TargetTable& table);
  void add(TableWrite write, bool all_new);
  bool is_checked_against_others(const TargetTable& table) const;
  bool copied_straight(const TableWrite& write, Straight way);
  void add_to_stage(const TableWrite& write);
  std::vector<Refusal> add_chunk(const TargetTable& table, const capture::CopyChunk& chunk);
  void refuse(const TargetTable& table, std::vector<Refusal> refusals);
  std::set<RowName> refused_before(const TargetTable& table) const;
  std::vector<capture::Key> quarantined_keys(const TargetTable& table) const;
  void try_again(const TargetTable& table, const std::vector<capture::Row>& rows);
  void write_gathered();
  void drop_stages();
  void drop_superseded_refusals();
  std::vector<Stage*> settled_stages();
  void settle(Stage& stage);
  void write();
  bool written_the_short_way(const std::vector<Stage*>& stages);
  void avoid_nested_loops();
  void add_source_values(Refusal& refusal) const;
  QuarantineMoves keep_account(const capture::Anchor& to);

  Session& session_;
  const Plan& plan_;
  BatchContext context_;
  PipelineRow believed_;
  Transaction transaction_;
  std::map<capture::TableId, Stage> stages_;
  std::map<capture::TableId, bool> settled_;
  std::map<capture::TableId, std::size_t> rows_;  ///< gathered, the refused ones included
  std::vector<Refusal> refusals_;
  const capture::Chunk* newest_ = nullptr;
  std::set<RowName> tried_again_;  ///< rows in the quarantine that are in the batch
  std::set<capture::TableId> noted_;
  std::optional<Tolerance> strict_;  ///< once a chunk is repaired
};

}  // namespace sluice::applier
