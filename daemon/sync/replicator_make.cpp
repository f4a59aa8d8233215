// Making what the target lacks: tables before their rows, indexes and foreign keys after them.

#include <algorithm>
#include <utility>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/made_indexes.h"
#include "applier/server/schemas.h"
#include "applier/server/state_store.h"
#include "daemon/log/log.h"
#include "daemon/sync/replicator.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using applier::NameHolder;
using applier::TableDesign;
using applier::TargetTable;

ApplyError not_created(ApplyError error, const TableDesign& design) {
  constexpr const char* kTooManyColumns = "54011";
  error.table = design.source;
  if (error.sqlstate == kTooManyColumns) {
    error.fault = Fault::table;
    error.code = "too_many_columns";
    error.hint = "Postgres holds at most 1,600 columns a table: leave this one out with tables.exclude";
  } else {
    error.hint = "let the role create it, or create it yourself: " + applier::create_table_sql(design) + ";";
  }
  return error;
}

const TableDesign& design_of(const std::vector<TableDesign>& designs, const std::string& table) {
  return *std::find_if(designs.begin(), designs.end(),
                       [&](const auto& each) { return each.source == table; });
}

bool is_among(const std::vector<capture::SourceTable>& tables, const std::string& name) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const auto& each) { return applier::same_name(each.name, name); });
}

}  // namespace

/// The tables and, because columns that point at others take their types, those that they point at.
std::vector<capture::SourceTable> Replicator::with_parents(std::vector<capture::SourceTable> tables) const {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto parents = tables[i].parents;
    for (const auto& table : catalog_.tables) {
      const bool points_at_it = std::any_of(parents.begin(), parents.end(),
                                            [&](const auto& parent) { return is_among({table}, parent); });
      if (points_at_it && !is_among(tables, table.name)) tables.push_back(table);
    }
  }
  return tables;
}

/// All of them in one transaction with what is remembered of them, so that a crash leaves either.
void Replicator::make_tables(const std::vector<capture::SourceTable>& missing,
                             const std::vector<TargetTable>& there) {
  const auto designs = design_tables(source_.open(), target_, with_parents(missing), DesignBy::rows, there);
  const auto by_schema = design_tables(source_.open(), target_, catalog_.tables, DesignBy::schema);
  applier::Transaction transaction(*session_);
  const bool first_time = !row_;
  if (first_time) {
    start_first_time();
  } else {
    session_->exec(advance_nowhere());
  }
  applier::make_schema(*session_, target_.schema);
  for (const TableDesign& design : designs) {
    if (!is_among(missing, design.source)) continue;
    try {
      session_->exec(applier::create_table_sql(design));
    } catch (const ApplyError& refusal) {
      throw not_created(refusal, design);
    }
    auto& state = progress_[design.source];
    state.made = true;
    state.unfinished = !design.indexes.empty() || !design.foreign_keys.empty();
    state.ddl = fingerprint(design_of(by_schema, design.source));
    session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, design.source, state));
  }
  transaction.commit();
  if (!first_time) advanced(row_->applied, row_->whole);
}

/// The fence alone.
std::string Replicator::advance_nowhere() const {
  return applier::advance_sql(target_.state_schema, config_.name, *row_, row_->applied, row_->whole);
}

std::vector<capture::SourceTable> Replicator::to_finish() const {
  std::vector<capture::SourceTable> tables;
  for (const auto& table : plan_.tables) {
    const auto found = progress_.find(table.source.name);
    if (found != progress_.end() && found->second.unfinished) tables.push_back(table.source);
  }
  return tables;
}

/// The indexes of one table, or at last all foreign keys. Begins again after a crash: what is there by its
/// name is left alone, and that a table is finished is remembered when all is done.
StepResult Replicator::finish_tables() {
  observe("finish");
  if (!finishing_) finishing_ = Finishing{design_unfinished(), 0};
  StepResult result;
  result.wrote = result.more = result.copying = true;
  if (finishing_->indexed < finishing_->designs.size()) {
    make_indexes(finishing_->designs[finishing_->indexed]);
    ++finishing_->indexed;
    return result;
  }
  for (const auto& design : finishing_->designs) make_foreign_keys(design);
  note_finished();
  result.outcome = Outcome::reinstall;  // the plan knows nothing of the constraints that the server has now
  return result;
}

/// Goes by the types that the tables have been given.
std::vector<TableDesign> Replicator::design_unfinished() {
  const auto tables = to_finish();
  auto designs = design_tables(source_.open(), target_, with_parents(tables), DesignBy::rows, plan_.tables);
  std::erase_if(designs, [&](const auto& design) { return !is_among(tables, design.source); });
  return designs;
}

/// Those that Sluice has made carry a mark of their DDL, so that one which is another by now, or is gone, is
/// told from the owner's. What is there under the name is the owner's, too.
void Replicator::make_indexes(const TableDesign& design) {
  auto before = applier::made_indexes(*session_, design);
  const auto drop = [&](const std::string& name) {
    before.erase(name);
    try_ddl(design, "index_not_dropped", name, applier::drop_index_sql(design, name));
  };
  for (auto index : design.indexes) {
    const NameHolder holder = applier::holder_of(*session_, design, index.name);
    if (holder == NameHolder::another) index.name = applier::other_index_name(design, index.name);
    const auto found = before.find(index.name);
    const bool outdated = found != before.end() && found->second != applier::index_mark(design, index);
    if (outdated) drop(index.name);
    before.erase(index.name);
    if (!outdated && applier::holder_of(*session_, design, index.name) != NameHolder::nobody) continue;
    try_ddl(design, "index_not_made", index.name, applier::make_index_sql(design, index));
  }
  while (!before.empty()) drop(std::string(before.begin()->first));
}

/// A row that points nowhere was fine with SQLite: it stays, and the constraint says that it was not checked.
void Replicator::make_foreign_keys(const TableDesign& design) {
  for (const auto& key : design.foreign_keys) {
    const std::string add = applier::add_foreign_key_sql(design, key, applier::Validity::not_yet);
    if (!try_ddl(design, "foreign_key_not_made", key.name, add)) continue;
    try_ddl(design, "foreign_key_not_valid", key.name, applier::validate_foreign_key_sql(design, key));
  }
}

/// False where the server refuses, which is told and does not stop the stream: the rows are there all the
/// same.
bool Replicator::try_ddl(const TableDesign& design, const char* event, const std::string& name,
                         const std::string& sql) {
  try {
    applier::Transaction transaction(*session_, applier::Queueing::brief);
    session_->exec(advance_nowhere());
    session_->exec(sql);
    transaction.commit();
  } catch (const ApplyError& refusal) {
    if (refusal.fault != Fault::row && refusal.fault != Fault::table) throw;
    log_event(LogLevel::warning, event,
              {{"pipeline", config_.name},
               {"table", design.source},
               {"name", name},
               {"sqlstate", refusal.sqlstate},
               {"message", refusal.told(log_shows_values())},
               {"remedy", sql + ";"}});
    return false;
  }
  advanced(row_->applied, row_->whole);
  return true;
}

void Replicator::note_finished() {
  applier::Transaction transaction(*session_);
  session_->exec(advance_nowhere());
  for (const auto& table : to_finish()) {
    auto state = progress_[table.name];
    state.unfinished = false;
    session_->exec(applier::save_progress_sql(target_.state_schema, config_.name, table.name, state));
  }
  transaction.commit();
  for (const auto& table : to_finish()) progress_[table.name].unfinished = false;
  advanced(row_->applied, row_->whole);
  finishing_.reset();
}

}  // namespace sluice::daemon
