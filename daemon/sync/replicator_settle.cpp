// Opening: where to go on, what the target tables are, and what has to be copied (again).

#include <algorithm>
#include <utility>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/state_fields.h"
#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "applier/values/identifiers.h"
#include "daemon/log/log.h"
#include "daemon/sync/copy_version.h"
#include "daemon/sync/replicator.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using applier::TargetTable;

ApplyError missing_table(const applier::TargetOptions& options, const capture::SourceTable& table) {
  ApplyError error(Fault::table, "table '" + table.name + "' is missing in schema '" + options.schema +
                                     "' and is not to be created");
  error.code = "table_missing";
  error.table = table.name;
  error.hint = applier::create_table_sql(options, table) + ";";
  return error;
}

}  // namespace

void Replicator::load() {
  auto stored = applier::load_state(*session_, target_.state_schema, config_.name);
  row_ = std::move(stored.pipeline);
  progress_ = std::move(stored.tables);
  tolerance_.held_back = std::move(stored.held_back);
  damage_ = std::move(stored.damage);
  if (row_ && row_->finished) throw has_ended(config_.name);
}

void Replicator::load_sound() {
  load();
  if (damage_) throw *damage_;
}

Outcome Replicator::settle() {
  source_.renew();
  load_sound();
  if (row_ && row_->migrating) end_migration();
  if (is_a_stranger()) return Outcome::diverged;
  observe("install");
  install_and_survey();
  observe("settle");
  evidence_ = evidence();
  if (judge(evidence_).outcome == Outcome::diverged) return Outcome::diverged;
  plan_tables();
  refuse_strange_frontiers();
  forget_rows_of_lost_tables();
  note_copies(evidence_);
  note_filled_tables();
  judgement_ = judge(evidence_);
  if (!row_) start_first_time();
  remember_tables();
  follow_indexes();
  if (judgement_.outcome != Outcome::go_on) return judgement_.outcome;
  try {
    check_existing_rows();
    end_if_moved();
    return Outcome::go_on;
  } catch (const Interrupted&) {
    return Outcome::reinstall;
  }
}

/// Judged before anything is written to it: a file that Postgres does not know the pipeline by, or knows in
/// another place, is none of ours to write to. One that has lost its id is recognised by its place when it is
/// installed.
bool Replicator::is_a_stranger() {
  if (!row_) return false;
  source_.open().check_whole();
  const auto found = source_.open().identity();
  evidence_ = {};
  evidence_.expected_id = row_->source.id;
  evidence_.found_id = found.source_id;
  evidence_.elsewhere = !is_at(config_, row_->source);
  const bool may_be_known =
      found.installed && (found.source_id.empty() || found.source_id == row_->source.id);
  return evidence_.elsewhere || !may_be_known;
}

Evidence Replicator::evidence() {
  Evidence found;
  found.found_id = catalog_.source_id;
  found.expected_id = row_ ? row_->source.id : catalog_.source_id;
  if (row_) found.match = source_.open().match(row_->applied);
  return found;
}

/// A copy that goes on behind a key of another kind would find nothing there, and end.
void Replicator::refuse_strange_frontiers() const {
  for (const auto& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    if (found == progress_.end() || found->second.copy.frontier.empty()) continue;
    const capture::Key& frontier = found->second.copy.frontier;
    const bool fits = frontier.size() == table.source.key.size() &&
                      (!table.source.key_is_rowid || std::holds_alternative<std::int64_t>(frontier.front()));
    if (!fits)
      throw applier::state_damaged(
          {target_.state_schema, config_.name},
          "column frontier of table table_copy is no key of table '" + table.source.name + "'");
  }
}

/// Known once the target tables are: a table that was dropped and made again on the server has another oid.
void Replicator::note_copies(Evidence& found) const {
  for (const auto& table : plan_.tables) found.versions[table.source.name] = copy_version(table);
  for (const auto& [name, progress] : progress_) {
    const bool begun = progress.copy.phase != capture::CopyState::Phase::pending;
    if (begun && found.versions.contains(name)) found.copied.push_back({name, progress.version});
  }
}

std::string Replicator::copy_version(const TargetTable& table) const {
  return to_string(version_of(table, applier::rule_of(target_.rules, table.source.name)));
}

void Replicator::diverge() const {
  throw explain(evidence_, {config_.name, config_.source.path.string(), row_->source.path, row_->source.host,
                            row_->applied.position});
}

/// An id that the file has lost is the one that Postgres knows at this place: a file in another place is not
/// written to.
capture::KnownHistory Replicator::known_history() const {
  if (!row_) return {};
  return {row_->applied.position, row_->source.id};
}

/// The catalog must know every table that is captured: one that came between installing and looking is put in
/// too.
void Replicator::install_and_survey() {
  constexpr int kTries = 10;
  moved_ = row_ ? source_.open().moved() : std::nullopt;
  if (moved_) {
    catalog_ = source_.open().survey();
    return;
  }
  for (int i = 0; i < kTries; ++i) {
    source_.open().install(known_history());
    catalog_ = source_.open().survey();
    if (source_.open().missing().empty()) return;
  }
  throw ApplyError(Fault::environment, "the schema of the source changes faster than it can be followed");
}

void Replicator::start_first_time() {
  applier::PipelineRow row;
  row.source = here();
  row.applied = source_.open().newest();
  applier::create_pipeline(*session_, target_.state_schema, config_.name, row);
  row_ = row;
}

void Replicator::plan_tables() {
  tell_idle_rules();
  applier::refuse_shared_targets(target_, catalog_.tables);
  follow_schema();
  finishing_.reset();
  std::vector<TargetTable> tables;
  std::vector<capture::SourceTable> missing;
  const auto surveys = applier::survey_targets(*session_, target_, catalog_.tables);
  for (std::size_t i = 0; i < surveys.size(); ++i) {
    if (auto found = fit_target(catalog_.tables[i], surveys[i])) {
      tables.push_back(std::move(*found));
    } else {
      missing.push_back(catalog_.tables[i]);
    }
  }
  if (!missing.empty()) make_tables(missing, tables);
  const auto made = applier::survey_targets(*session_, target_, missing);
  for (std::size_t i = 0; i < made.size(); ++i)
    tables.push_back(applier::find_target(*session_, target_, missing[i], made[i]).value());
  plan_.tables = applier::parents_first(std::move(tables));
}

/// Once: the table may come yet, or its name may be a slip.
void Replicator::tell_idle_rules() {
  for (const auto& table : idle_rules(config_, catalog_)) {
    if (!told_rules_.insert(table).second) continue;
    log_event(LogLevel::warning, "rule_without_table", {{"pipeline", config_.name}, {"table", table}});
  }
}

/// Nothing where the table is to be made.
std::optional<TargetTable> Replicator::fit_target(const capture::SourceTable& table,
                                                  const applier::ServerSurvey& survey) {
  const auto found_progress = progress_.find(table.name);
  const bool running = found_progress != progress_.end() && !found_progress->second.version.empty();
  try {
    if (auto found = applier::find_target(*session_, target_, table, survey)) return found;
  } catch (const ApplyError& error) {
    // A column that the application has added since: it follows by itself, and its rows are copied again.
    const bool additive = running && error.code == "column_missing" && target_.create_tables &&
                          config_.schema_changes != SchemaChanges::halt;
    if (!additive) throw;
    add_column(table, error.hint);
    return fit_target(table, applier::survey_targets(*session_, target_, {table}).front());
  }
  const bool running_pipeline = row_.has_value();
  if (!target_.create_tables || (running_pipeline && config_.schema_changes == SchemaChanges::halt)) {
    throw missing_table(target_, table);
  }
  return std::nullopt;
}

/// The new column and the copy of its rows belong together: the rows have changed without any trigger.
void Replicator::add_column(const capture::SourceTable& table, const std::string& ddl) {
  auto& state = progress_.at(table.name);
  begin_after_change(state, table.name);
  applier::Transaction transaction(*session_, applier::Queueing::brief);
  session_->exec(advance_nowhere());
  session_->exec(ddl);
  session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, table.name, state));
  transaction.commit();
  advanced(row_->applied, row_->whole);
}

/// The rows are there, whatever became of the changes. After an overrun the position moves to where the
/// copies start.
void Replicator::copy_again() {
  const bool overrun = judgement_.outcome == Outcome::resync_all;
  const capture::Anchor from = overrun ? source_.open().newest() : row_->applied;
  applier::LargeBatch batch(*session_, plan_, context(), *row_);
  for (const auto& name : judgement_.copy_again) {
    auto& progress = progress_[name];
    const auto now = read_copy_version(evidence_.versions.at(name));
    const auto before = read_copy_version(progress.version);
    if (another_name(before, now)) progress.ours = false;  // it may hold rows of somebody else's
    const bool rule = another_rule_alone(before, now);
    progress.begin_anew(overrun ? kAfterOverrun : rule ? kAfterRule : evidence_.versions.at(name));
    batch.save(name, progress);
  }
  const bool whole = overrun || row_->whole;
  batch.commit(from, whole);
  advanced(from, whole);
  note_filled_tables();
}

}  // namespace sluice::daemon
