#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "applier/batch.h"
#include "applier/server/constraints.h"
#include "applier/server/progress.h"
#include "applier/server/sequences.h"
#include "applier/server/server_table.h"
#include "applier/server/session.h"
#include "applier/values/conversion_notes.h"
#include "applier/write/refusal.h"
#include "capture/locked_source.h"
#include "capture/source.h"
#include "daemon/config/config.h"
#include "daemon/report/cutover.h"
#include "daemon/report/resync.h"
#include "daemon/sync/batch_size.h"
#include "daemon/sync/guard.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/source_link.h"
#include "daemon/sync/verification.h"

namespace sluice::daemon {

struct SchemaFollow;

/// The schema moved, or the changelog is not what it was, while a batch was under way: it is rolled back.
struct Interrupted : std::runtime_error {
  Interrupted();
};

/// What a step has done.
struct StepResult {
  Outcome outcome = Outcome::go_on;  ///< another one: nothing was done, and the source has to be looked at
  std::int64_t changes = 0;          ///< changelog entries that it brought over
  std::int64_t rows_copied = 0;      ///< rows of first copies
  bool wrote = false;                ///< a transaction was committed
  bool more = false;                 ///< another step has something to do
  bool copying = false;              ///< a table is under its first copy
  bool verifying = false;   ///< a comparison is under way, and another step has something to do for it
  bool whole = true;        ///< Postgres stands at a boundary
  bool at_boundary = true;  ///< everything committed before the step began has been brought over
};

/// What cut_over() has done.
struct CutoverEnd {
  capture::Position position;
  std::chrono::steady_clock::duration locked{};
  std::vector<applier::SequenceState> sequences;
  std::vector<applier::ConstraintState> constraints;
};

/// What can be said of one table.
struct TableView {
  std::string name;
  std::string target;
  applier::TableProgress progress;
  std::int64_t rows_total = 0;
};

/// Moves the changes of one pipeline, blocking: opens both sides, settles where to go on, reads batches and
/// applies them. Knows no threads, no timers and no sockets of its own. Used from one thread at a time.
/// Throws applier::ApplyError, capture::SourceError, SQLite::Exception and Diverged; afterwards close() and
/// open() start afresh, and the position is read back from Postgres.
class Replicator {
 public:
  /// Told of every step before it is taken: open_source, connect, install, settle, check_existing, read,
  /// apply, commit.
  using Observer = std::function<void(const char* step)>;

  Replicator(const PipelineConfig& config, std::shared_ptr<applier::Lifeline> lifeline, Observer observer);
  ~Replicator();

  /// Connects to Postgres and opens the file.
  void open();

  /// Installs what capture lacks, and holds the source against what Postgres remembers of it. What the
  /// outcome asks for is for the caller to do; nothing has been written to a target table.
  Outcome settle();

  /// Begins the copy of the tables anew that settle() found to have missed something.
  void copy_again();

  /// Says why settle() found that the two sides do not belong together.
  [[noreturn]] void diverge() const;

  // What a person may ask of a pipeline, diverged or not; open() before. They may write to the source, to
  // install capture, and are followed by another settle().

  /// Has capture put in, and says whether every table has to be copied again because the history of the file
  /// is not the one that Postgres knows. Throws Diverged where the file is not where Postgres knows it, or
  /// the pipeline is finished.
  bool prepare_resync();
  /// After prepare_resync(): what copying a table again would do to the target, or all of them for an empty
  /// name. Writes nothing there.
  std::vector<TableDifference> compare(const std::string& only);
  /// After prepare_resync(): has the table, or all, copied again whatever it deletes, and the position moved
  /// to where the copies start if the history is another.
  void begin_resync(const std::string& only);
  /// Notes that capture is about to be taken out of the file, so that every table is compared once it is back
  /// in: by the next settle(), whoever calls it. open() before. Throws Diverged where the two sides do not
  /// belong together.
  void begin_migration();
  /// Accepts the place where the file is now. Throws Diverged where it is another file.
  void adopt();

  /// After settle(): the end of the pipeline, by the protocol of docs/CUTOVER.md. Where it throws, the file
  /// is as it was and the pipeline goes on, unless the error says "not_recorded".
  CutoverEnd cut_over(const CutoverOrder& order);

  /// Brings over the next batch, or the next piece of a scan with the batch that it rides on.
  StepResult step();

  /// The steps from now on compare tables, whenever none is under its copy.
  void verify(const VerifyOrder& order) { verification_.emplace(order); }
  /// What has come of it; null without.
  const Verification* verification() const { return verification_ ? &*verification_ : nullptr; }
  void end_verification() { verification_.reset(); }

  /// Has the source changed since the last step?
  bool source_changed(Prompt prompt) { return source_.changed(prompt, catalog_.journal_mode == "wal"); }

  /// Asks Postgres whether the position is still where this side believes it: a server that is away, or was
  /// restored to an earlier point, says so only when it is asked. Throws ApplyError.
  void confirm();

  /// How many rows are held back, as far as this side knows.
  std::int64_t quarantined() const { return static_cast<std::int64_t>(tolerance_.held_back.size()); }
  /// The next step tries the held back rows again, whether or not they have changed.
  void retry_quarantined() {
    retry_quarantined_ = true;
    retried_to_ = {};
  }
  /// The next step holds this row back where it is refused.
  void skip(applier::RowName row) { tolerance_.skipped.insert(std::move(row)); }
  /// Somebody has dropped these rows from the quarantine.
  void discarded(const std::vector<applier::RowName>& rows);

  /// Is the file closed and untouched since?
  bool at_rest() const { return source_.at_rest(); }

  /// The newest position of the source, which is opened for it; nothing where it can't be read just now.
  std::optional<capture::Position> captured();

  /// Has the source gone on since the step that was last begun looked at it?
  bool has_gone_on();

  /// Lets go of the file, so that the application's own last close folds its log in.
  void close_source() { source_.let_go(); }

  /// Lets go of the server, and of the file as well.
  void close_target();
  void close();

  bool source_open() const { return source_.is_open(); }
  bool connected() const { return session_ != nullptr; }
  /// As far as this side knows.
  Standing standing() const { return {copying(), !row_ || row_->whole, quarantined()}; }
  const applier::Session* session() const { return session_.get(); }
  const capture::Catalog& catalog() const { return catalog_; }
  /// What Postgres holds, as far as this side knows.
  const std::optional<applier::PipelineRow>& applied() const { return row_; }
  std::vector<TableView> tables() const;

 private:
  /// In the place of a table's version: it is copied again because the ring has passed by.
  static constexpr const char* kAfterOverrun = "overrun";
  /// The same, because the table's rule has changed: what is unknown then was left out by the owner.
  static constexpr const char* kAfterRule = "rule";

  /// How much goes into a batch: as much as the limits say, or everything up to a boundary, with care.
  enum class Reach { limits, boundary };

  enum class CopyWay {
    straight,  ///< the target holds nothing: rows are written as they come
    compared,  ///< it holds rows: the scan writes what differs
    whole,     ///< everything at once, since its rows need one another
  };

  /// A scan whose next piece is read and written with a batch.
  struct Ride {
    const applier::TargetTable* table = nullptr;  ///< nothing rides without
    capture::Key frontier;
    using Batch = applier::LargeBatch;
    std::function<void(Batch&, const capture::CopyChunk&, Batch::Straight)> board;
    std::function<void(Batch&, const capture::CopyChunk& last, std::int64_t rows)>
        seal;                                                    ///< before the commit
    std::function<void(const capture::CopyChunk& last)> arrive;  ///< and after it
    bool straight =
        false;  ///< several pieces may ride together, and changes beyond the frontier wait for theirs
    bool copies = true;  ///< else its rows are only compared
    bool writes = true;  ///< else a batch without changes has done nothing
  };

  /// Changes and copied rows, and the memory that they take.
  struct UnderWay {
    std::int64_t changes = 0;
    std::int64_t bytes = 0;
  };

  /// What a whole table has come to, gathered in a batch.
  struct Gathered {
    std::int64_t changes = 0;
    std::int64_t rows = 0;
  };

  void load();
  void load_sound();
  void rewrite_state();
  void start_first_time();
  bool is_a_stranger();
  Evidence evidence();
  void note_copies(Evidence& found) const;
  std::string copy_version(const applier::TargetTable& table) const;
  capture::KnownHistory known_history() const;
  void plan_tables();
  void refuse_strange_frontiers() const;
  void tell_idle_rules();
  void follow_schema();
  std::map<std::string, applier::TableProgress> renamed_progress(const SchemaFollow& follow);
  void begin_after_change(applier::TableProgress& state, const std::string& table);
  void remember_tables();
  void follow_indexes();
  void save(const std::map<std::string, applier::TableProgress>& changed);
  void refuse_what_diverges();
  void end_migration();
  std::optional<applier::TargetTable> fit_target(const capture::SourceTable& table,
                                                 const applier::ServerSurvey& survey);
  void install_and_survey();
  void add_column(const capture::SourceTable& table, const std::string& ddl);

  /// Indexes and foreign keys of tables that were made, whose rows are there now.
  struct Finishing {
    std::vector<applier::TableDesign> designs;
    std::size_t indexed = 0;  ///< so many of them have their indexes
  };
  std::vector<capture::SourceTable> with_parents(std::vector<capture::SourceTable> tables) const;
  void make_tables(const std::vector<capture::SourceTable>& missing,
                   const std::vector<applier::TargetTable>& there);
  std::string advance_nowhere() const;
  std::vector<capture::SourceTable> to_finish() const;
  StepResult finish_tables();
  std::vector<applier::TableDesign> design_unfinished();
  void make_indexes(const applier::TableDesign& design);
  void make_foreign_keys(const applier::TableDesign& design);
  bool try_ddl(const applier::TableDesign& design, const char* event, const std::string& name,
               const std::string& sql);
  void note_finished();

  void check_existing_rows();
  applier::ExistingCounts count_existing(const applier::TargetTable& table);

  const applier::TargetTable* next_to_copy() const;
  CopyWay way_to_copy(const applier::TargetTable& table);
  applier::OnlyInTarget fate_of_unknown(const applier::TargetTable& table);
  Ride straight_copy(const applier::TargetTable& table);
  Ride compared_copy(const applier::TargetTable& table);
  Ride comparison(const applier::TargetTable& table);
  StepResult copy(const applier::TargetTable& table);
  StepResult copy_whole(const std::vector<const applier::TargetTable*>& tables);
  std::vector<const applier::TargetTable*> unfinished() const;
  StepResult verify_on();
  const applier::TargetTable* table_to_verify();
  std::vector<std::string> tables_to_verify() const;
  void finish_verifying(const applier::TargetTable& table);
  StepResult verify_piece(const applier::TargetTable& table);
  StepResult repair_whole(const applier::TargetTable& table);
  void note_scans(applier::LargeBatch& batch) const;
  std::vector<const applier::TargetTable*> noting() const;
  Gathered gather(applier::LargeBatch& batch, const applier::TargetTable& table, capture::ReadRequest& ask);
  std::vector<TableDifference> compare_once(const std::string& only);
  TableDifference difference(const applier::TargetTable& table);
  applier::SourceIdentity here() const;
  void settle_unknown_rows(applier::LargeBatch& batch, const applier::TargetTable& table,
                           applier::OnlyInTarget fate);
  void tell_kept_rows(const applier::TargetTable& table, std::int64_t rows) const;
  void check_deletions(const applier::TargetTable& table, const applier::ExistingCounts& counts) const;
  StepResult replay(const Ride& ride);
  void advanced(const capture::Anchor& to, bool whole);
  void refuse_unfit_for_cutover() const;
  void catch_up();
  void bring_over_the_rest(const capture::LockedSource& lock);
  std::vector<applier::SequenceState> write_end();
  void end_if_moved();
  StepResult replay_large(capture::Chunk chunk, const Ride& ride, Reach reach);
  StepResult replay_chunks(capture::Chunk& chunk, Ride ride, Reach reach);

  capture::ReadRequest request(const capture::Anchor& from, const Ride& ride) const;
  capture::Chunk read(const capture::ReadRequest& request);
  void observe(const char* step) { observer_(step); }
  applier::TableProgress& progress(const applier::TargetTable& table);
  void note_filled_tables();
  bool follows_already(const applier::TargetTable& table) const;
  bool copying() const { return next_to_copy() != nullptr || !to_finish().empty(); }
  applier::BatchContext context();
  void tell_notes();
  void forget_rows_of_lost_tables();
  void add_held_back_keys(capture::ReadRequest& request) const;
  std::vector<applier::RowName> due_again() const;
  bool keep_account(const applier::HeldBack& held_back, bool at_boundary);

  PipelineConfig config_;
  applier::TargetOptions target_;
  std::shared_ptr<applier::Lifeline> lifeline_;
  Observer observer_;

  SourceLink source_;
  std::unique_ptr<applier::Session> session_;
  int last_backend_ = 0;  ///< of a session that ended unexpectedly
  capture::Catalog catalog_;
  applier::Plan plan_;
  std::optional<Finishing> finishing_;
  std::optional<applier::PipelineRow> row_;
  std::optional<applier::ApplyError> damage_;  ///< of what the server remembers
  std::optional<capture::Moved> moved_;  ///< the source has been cut over, and Postgres does not say so yet
  Evidence evidence_;
  Judgement judgement_;
  std::map<std::string, applier::TableProgress> progress_;
  std::map<std::string, std::int64_t> rows_total_;
  BatchSize batch_size_{config_.apply.max_batch_changes, config_.apply.max_batch_bytes};
  UnderWay under_way_;         ///< read for the batch that is being written
  capture::Position read_to_;  ///< the newest change that a step has read
  applier::Tolerance tolerance_;
  applier::ConversionNotes notes_;  ///< of the values of the step under way
  std::set<std::tuple<std::string, std::string, applier::Remarks>> told_notes_;  ///< table, column, remark
  bool retry_quarantined_ = false;
  applier::RowName retried_to_;  ///< the last of those that have been tried again by now
  bool retry_helped_ = false;    ///< some were let in since that began
  std::optional<Verification> verification_;
  std::set<std::string> filled_;  ///< of the tables still to be copied, those whose target holds rows
  std::map<std::string, std::int64_t>
      kept_rows_;                     ///< by the copies under way that keep what only the target has
  std::set<std::string> told_rules_;  ///< of tables that are not there
};

}  // namespace sluice::daemon
