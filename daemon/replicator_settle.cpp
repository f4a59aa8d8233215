// Opening: where to go on, what the target tables are, and what has to be copied (again).

#include <algorithm>
#include <utility>

#include "applier/apply_error.h"
#include "applier/identifiers.h"
#include "applier/state_store.h"
#include "daemon/replicator.h"
#include "daemon/source_place.h"

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

void create_table(applier::Session& session, const applier::TargetOptions& options,
                  const capture::SourceTable& table) {
  const bool schema_there =
      session
          .exec("SELECT to_regnamespace(" + applier::quote_literal(applier::quote_name(options.schema)) +
                ") IS NOT NULL")[0][0]
          .as<bool>();
  if (!schema_there) session.exec("CREATE SCHEMA " + applier::quote_name(options.schema));
  try {
    session.exec(applier::create_table_sql(options, table));
  } catch (ApplyError& error) {
    error.table = table.name;
    error.hint =
        "let the role create it, or create it yourself: " + applier::create_table_sql(options, table) + ";";
    throw;
  }
}

}  // namespace

void Replicator::settle() {
  observe("install");
  auto stored = applier::load_state(*session_, target_.state_schema, config_.name);
  row_ = std::move(stored.pipeline);
  progress_ = std::move(stored.tables);
  if (row_ && row_->finished) {
    throw Diverged("finished", "this pipeline has been cut over to Postgres and has ended",
                   "remove it from the configuration");
  }
  install_and_survey();
  observe("settle");
  if (row_ && row_->source.id != catalog_.source_id) {
    throw Diverged(
        "name_taken",
        "pipeline '" + config_.name + "' of this database belongs to another source, " + row_->source.path,
        "give this pipeline another name, or let go of the other source with: sluicectl uninstall --target");
  }
  plan_tables();
  if (!row_) {
    start_first_time();
    return;
  }
  check_match(source_->match(row_->applied));
  copy_unprotected_again();
  check_existing_rows();
}

/// The catalog must know every table that is captured: one that came between installing and looking is put in
/// too.
void Replicator::install_and_survey() {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    source_->install(row_ ? row_->applied.position : capture::Position{});
    catalog_ = source_->survey();
    if (source_->missing().empty()) return;
  }
  throw ApplyError(Fault::environment, "the schema of the source changes faster than it can be followed");
}

void Replicator::copy_unprotected_again() {
  std::map<std::string, std::string> unprotected;
  for (const auto& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    if (found == progress_.end() || found->second.copy.phase == capture::CopyState::Phase::pending) continue;
    if (found->second.version != table.source.version) unprotected[table.source.name] = table.source.version;
  }
  if (!unprotected.empty()) copy_again(unprotected, row_->applied);
}

/// The changes in between are gone from the ring, but the rows are there: copying them again heals it.
void Replicator::copy_all_after_overrun() {
  std::map<std::string, std::string> all;
  for (const auto& table : plan_.tables) {
    if (progress_.contains(table.source.name)) all[table.source.name] = kAfterOverrun;
  }
  copy_again(all, source_->newest());
}

void Replicator::start_first_time() {
  applier::PipelineRow row;
  row.source = {catalog_.source_id, config_.source.path.string(), machine_id(config_)};
  row.applied = source_->newest();
  applier::create_pipeline(*session_, target_.state_schema, config_.name, row);
  row_ = row;
  check_existing_rows();
}

void Replicator::check_match(capture::Match match) {
  switch (match) {
    case capture::Match::together:
      return;
    case capture::Match::overrun:
      return copy_all_after_overrun();
    case capture::Match::rewound:
      throw Diverged(
          "moved_back",
          "the changelog of " + config_.source.path.string() + " ends before position " +
              std::to_string(row_->applied.position.value) + ", which Postgres already holds",
          "the file was restored from a backup or its changelog was emptied: put the newer file back, or "
          "give the pipeline a new start with: sluicectl uninstall --target " +
              config_.name);
    case capture::Match::different:
      throw Diverged(
          "different_history",
          "position " + std::to_string(row_->applied.position.value) + " of " + config_.source.path.string() +
              " is another change than the one that Postgres holds",
          "the file was restored from a backup and written to since: put the newer file back, or give the "
          "pipeline a new start with: sluicectl uninstall --target " +
              config_.name);
  }
}

void Replicator::plan_tables() {
  std::vector<TargetTable> tables;
  for (const auto& table : catalog_.tables) tables.push_back(fit_target(table));
  plan_.tables = applier::parents_first(std::move(tables));
}

TargetTable Replicator::fit_target(const capture::SourceTable& table) {
  const auto found_progress = progress_.find(table.name);
  const bool running = found_progress != progress_.end() &&
                       found_progress->second.copy.phase == capture::CopyState::Phase::streaming;
  try {
    if (auto found = applier::find_target(*session_, target_, table)) return *found;
  } catch (const ApplyError& error) {
    // A column that the application has added since: it follows by itself, and its rows are copied again.
    const bool additive = running && error.code == "column_missing" && target_.create_tables &&
                          config_.schema_changes == SchemaChanges::additive;
    if (!additive) throw;
    add_column(table, error.hint);
    return fit_target(table);
  }
  const bool running_pipeline = row_.has_value();
  if (!target_.create_tables || (running_pipeline && config_.schema_changes == SchemaChanges::halt)) {
    throw missing_table(target_, table);
  }
  create_table(*session_, target_, table);
  return applier::find_target(*session_, target_, table).value();
}

/// The new column and the copy of its rows belong together: the rows have changed without any trigger.
void Replicator::add_column(const capture::SourceTable& table, const std::string& ddl) {
  auto& state = progress_.at(table.name);
  state.begin_anew(table.version);
  applier::Transaction transaction(*session_);
  session_->exec(applier::advance_sql(target_.state_schema, config_.name, *row_, row_->applied, row_->whole));
  session_->exec(ddl);
  session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, table.name, state));
  transaction.commit();
  advanced(row_->applied, row_->whole);
}

/// Begins the copy of these tables anew, each under its version, and moves the position to where their copy
/// starts.
void Replicator::copy_again(const std::map<std::string, std::string>& versions, const capture::Anchor& from) {
  applier::LargeBatch batch(*session_, plan_, context(), *row_);
  for (const auto& [name, version] : versions) {
    auto& progress = progress_[name];
    progress.begin_anew(version);
    batch.save(name, progress);
  }
  batch.commit(from, true);
  advanced(from, true);
}

/// After a pause in which the file was let go of, or when another file has taken its place.
void Replicator::reopen_source() {
  const auto found = signature_of(config_.source.path);
  const bool same_file = !source_ && left_at_ && found.facts[0] == left_at_->facts[0];
  open_source();
  if (!same_file) settle();
}

}  // namespace sluice::daemon
