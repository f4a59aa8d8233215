#include "applier/batch.h"

#include <algorithm>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/server/state_store.h"
#include "applier/values/identifiers.h"
#include "applier/write/general_write.h"

namespace sluice::applier {
namespace {

constexpr std::size_t kSmallBatchKeys = 500;
constexpr std::int64_t kSmallBatchBytes = 256 << 10;

std::vector<TableWrite> convert(const Plan& plan, const capture::Chunk& chunk, const TextPolicies& text) {
  std::vector<TableWrite> writes;
  for (const TargetTable& table : plan.tables) {
    for (const auto& changes : chunk.tables) {
      if (changes.table == table.source.id) writes.push_back(convert_changes(table, changes, text));
    }
  }
  return writes;
}

std::vector<Statement> literal_statements(const std::vector<TableWrite>& writes, const Session& session,
                                          const BatchContext& context) {
  std::vector<WriteSource> sources;
  for (const auto& write : writes) sources.push_back(literal_source(write));
  return ordered_statements(sources, session.mode(), context.state_schema);
}

std::string deferral(const Session& session) {
  return session.mode() == ApplyMode::ordinary ? "SET CONSTRAINTS ALL DEFERRED;" : "";
}

/// One statement, with the table in the message where it is refused.
void run(Session& session, const Statement& statement) {
  try {
    session.exec(statement.sql);
  } catch (ApplyError& error) {
    if (error.table.empty()) error.table = statement.table->source.name;
    add_hint(error, session, *statement.table);
    throw;
  }
}

/// The rows of a chunk's changes that are in the quarantine.
std::set<RowName> quarantined_rows(const Plan& plan, const capture::Chunk& chunk,
                                   const Tolerance& tolerance) {
  std::set<RowName> rows;
  if (tolerance.quarantined.empty()) return rows;
  for (const auto& changes : chunk.tables) {
    const TargetTable* table = plan.find(changes.table);
    if (!table) continue;
    for (const auto& state : changes.keys) {
      RowName row{table->source.name, capture::encode(state.key)};
      if (tolerance.quarantined.contains(row)) rows.insert(std::move(row));
    }
  }
  return rows;
}

std::size_t count_of(const std::vector<Refusal>& refusals, const TargetTable& table) {
  return static_cast<std::size_t>(std::count_if(refusals.begin(), refusals.end(), [&](const auto& refusal) {
    return refusal.row.first == table.source.name;
  }));
}

/// Everything in one message; false where a row, or a table, does not take it.
bool written_in_one_message(Session& session, const Plan& plan, const BatchContext& context,
                            const PipelineRow& believed, const capture::Chunk& chunk,
                            const std::set<RowName>& resolved) {
  const auto writes = convert(plan, chunk, context.text);
  if (std::any_of(writes.begin(), writes.end(), [](const auto& write) { return !write.refused.empty(); })) {
    return false;
  }
  std::string message =
      deferral(session) + advance_sql(context.state_schema, context.pipeline, believed, chunk.to, true);
  for (const auto& statement : literal_statements(writes, session, context)) message += statement.sql;
  if (!resolved.empty()) {
    message += resolve_sql(context.state_schema, context.pipeline, {resolved.begin(), resolved.end()});
  }
  try {
    session.transact(message);
    return true;
  } catch (const ApplyError& error) {
    if (error.fault != Fault::row && error.fault != Fault::table) throw;
    return false;
  }
}

}  // namespace

const TargetTable* Plan::find(capture::TableId id) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.source.id == id; });
  return found == tables.end() ? nullptr : &*found;
}

bool is_small(const capture::Chunk& chunk) {
  std::size_t keys = 0;
  for (const auto& changes : chunk.tables) keys += changes.keys.size();
  return chunk.at_boundary && !chunk.copy && keys <= kSmallBatchKeys && chunk.bytes <= kSmallBatchBytes;
}

QuarantineMoves write_small_batch(Session& session, const Plan& plan, const BatchContext& context,
                                  const PipelineRow& believed, const capture::Chunk& chunk) {
  const auto again = quarantined_rows(plan, chunk, *context.tolerance);
  if (written_in_one_message(session, plan, context, believed, chunk, again)) {
    return {{}, {again.begin(), again.end()}};
  }
  LargeBatch batch(session, plan, context, believed);
  batch.add(chunk);
  return batch.commit(chunk.to, true);
}

LargeBatch::LargeBatch(Session& session, const Plan& plan, BatchContext context, PipelineRow believed)
    : session_(session),
      plan_(plan),
      context_(std::move(context)),
      believed_(std::move(believed)),
      transaction_(session) {
  session_.exec(deferral(session_) + hold_sql(context_.state_schema, context_.pipeline, believed_));
}

Stage& LargeBatch::stage(const TargetTable& table) {
  const auto found = stages_.find(table.source.id);
  if (found != stages_.end()) return found->second;
  return stages_.try_emplace(table.source.id, session_, table, context_.state_schema).first->second;
}

void LargeBatch::add(const capture::Chunk& chunk) {
  newest_ = &chunk;
  tried_again_.merge(quarantined_rows(plan_, chunk, *context_.tolerance));
  for (auto& write : convert(plan_, chunk, context_.text)) {
    const auto changes = std::find_if(chunk.tables.begin(), chunk.tables.end(),
                                      [&](const auto& c) { return c.table == write.table->source.id; });
    const bool all_new = changes->inserts_only && write.deletes.empty() && write.table->key_is_unique &&
                         !is_checked_against_others(*write.table);
    add(std::move(write), all_new);
  }
}

void LargeBatch::gather(const TargetTable& table, const std::vector<capture::Row>& rows) {
  try_again(table, rows);
  add(convert_rows(table, rows, context_.text), false);
}

void LargeBatch::add(TableWrite write, bool all_new) {
  const TargetTable& table = *write.table;
  rows_[table.source.id] += write.upserts.size() + write.deletes.size() + write.refused.size();
  const bool refused = !write.refused.empty();
  refuse(table, std::exchange(write.refused, {}));
  // Once a table has a stage, its later states have to come after the earlier ones in it.
  const bool staged = stages_.contains(table.source.id) || noted_.contains(table.source.id);
  const bool straight = all_new && !refused && !table.may_swallow && !staged;
  if (straight && copied_straight(write, Straight::checked)) return;
  add_to_stage(write);
}

/// In ordinary mode the rows of such a table have to wait for those that they point at, and must not be there
/// when the server acts on a change of these.
bool LargeBatch::is_checked_against_others(const TargetTable& table) const {
  return session_.mode() == ApplyMode::ordinary && (!table.parents.empty() || table.references_itself);
}

void LargeBatch::add_to_stage(const TableWrite& write) {
  const TargetTable& table = *write.table;
  auto refusals = stage(table).add(write, kMostRefusals);
  for (auto& refusal : refusals) add_hint(refusal.error, session_, table);
  refuse(table, std::move(refusals));
}

/// Rows that are refused: quarantined where that is allowed, else the end of the batch.
void LargeBatch::refuse(const TargetTable& table, std::vector<Refusal> refusals) {
  const Tolerance& tolerance = strict_ ? *strict_ : *context_.tolerance;
  std::vector<std::string> keys;
  for (auto& refusal : refusals) {
    if (!tolerance.covers(refusal)) throw refusal.error;
    keys.push_back(refusal.row.second);
    refusals_.push_back(std::move(refusal));
  }
  if (stages_.contains(table.source.id)) stage(table).forget(keys);
  const auto refused = count_of(refusals_, table);
  if (refused >= kMostRefusals)
    throw beyond_refusal_limit(refused, rows_[table.source.id], refusals_.back().error);
}

/// A later chunk may have brought the row in a state that is not refused.
void LargeBatch::drop_superseded_refusals() {
  for (auto& [id, stage] : stages_) {
    const std::string& table = stage.table().source.name;
    std::vector<std::string> keys;
    for (const auto& refusal : refusals_) {
      if (refusal.row.first == table) keys.push_back(refusal.row.second);
    }
    const auto held = stage.held(keys);
    std::erase_if(refusals_, [&](const Refusal& refusal) {
      return refusal.row.first == table && held.contains(refusal.row.second);
    });
  }
}

void LargeBatch::settle(Stage& stage) {
  if (std::exchange(settled_[stage.table().source.id], true)) return;
  try {
    stage.settle();
  } catch (ApplyError& error) {
    error.table = stage.table().source.name;
    throw;
  }
}

void LargeBatch::write_gathered() {
  drop_superseded_refusals();
  write();
  drop_stages();
}

void LargeBatch::drop_stages() {
  for (auto& [id, stage] : stages_) stage.drop();
  stages_.clear();
  settled_.clear();
}

ExistingCounts LargeBatch::count_existing(const TargetTable& table) {
  settle(stage(table));
  const auto row = session_.exec(
      "SELECT count(*) FILTER (WHERE s.sluice_row IS NULL), count(*) FILTER (WHERE"
      " s.sluice_row IS NOT NULL AND " +
      images_differ(table) + "), count(*) FROM " + table.name + " AS t LEFT JOIN (SELECT * FROM " +
      stage(table).name() + " WHERE NOT sluice_gone) AS s ON " + key_join(table, "t", "s"))[0];
  return {row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()};
}

void LargeBatch::delete_unknown(const TargetTable& table) {
  settle(stage(table));
  rows_[table.source.id] += stage(table).add_unknown();
}

void LargeBatch::save(const std::string& source_table, const TableProgress& progress) {
  session_.exec(save_progress_sql(context_.state_schema, context_.pipeline, source_table, progress));
}

std::vector<Stage*> LargeBatch::settled_stages() {
  std::vector<Stage*> stages;
  for (const TargetTable& table : plan_.tables) {
    const auto found = stages_.find(table.source.id);
    if (found == stages_.end()) continue;
    settle(found->second);
    stages.push_back(&found->second);
  }
  return stages;
}

void LargeBatch::avoid_nested_loops() {
  // A nested loop reads at least one page for every row. Where there are more rows than pages, reading the
  // whole table is cheaper, whatever the statistics of a table that has just been filled make the planner
  // believe.
  for (const auto& [id, stage] : stages_) {
    const auto pages = session_
                           .exec("SELECT pg_relation_size(" + quote_literal(stage.table().name) +
                                 "::regclass) / current_setting('block_size')::bigint")[0][0]
                           .as<std::int64_t>();
    if (stage.rows() > pages) {
      session_.exec("SET LOCAL enable_nestloop = off");
      return;
    }
  }
}

/// As the short way promises it: everything in an order that suits most batches, each table by itself.
bool LargeBatch::written_the_short_way(const std::vector<Stage*>& stages) {
  std::vector<WriteSource> sources;
  for (const Stage* stage : stages) sources.push_back(stage->source());
  Savepoint savepoint(session_);
  try {
    for (const auto& statement : ordered_statements(sources, session_.mode(), context_.state_schema)) {
      run(session_, statement);
    }
    if (session_.mode() == ApplyMode::ordinary) session_.exec("SET CONSTRAINTS ALL IMMEDIATE");
  } catch (const ApplyError& error) {
    if (error.fault != Fault::row && error.fault != Fault::table) throw;
    return false;
  }
  savepoint.release();
  return true;
}

void LargeBatch::write() {
  const auto stages = settled_stages();
  for (const Stage* stage : stages) {
    if (strict_ || !noted_.contains(stage->table().source.id)) continue;
    auto marks = KeyMarks::for_scan(session_, stage->table(), context_.state_schema);
    marks.check({context_.state_schema, context_.pipeline}, false);
    marks.add_stage(stage->name());
  }
  avoid_nested_loops();
  if (stages.empty() || written_the_short_way(stages)) return;
  std::map<std::string, std::vector<Refusal>> by_table;
  for (auto& refusal : GeneralWrite(session_, stages, context_.state_schema).run(kMostRefusals)) {
    by_table[refusal.row.first].push_back(std::move(refusal));
  }
  for (const TargetTable& table : plan_.tables) refuse(table, std::move(by_table[table.source.name]));
}

/// The row as SQLite has it, where it is still at hand; else it stays as it was to be written.
void LargeBatch::add_source_values(Refusal& refusal) const {
  if (newest_ == nullptr || refusal.gone) return;
  const capture::Key key = capture::decode_key(refusal.row.second);
  for (const auto& changes : newest_->tables) {
    const TargetTable* table = plan_.find(changes.table);
    if (table == nullptr || table->source.name != refusal.row.first) continue;
    const auto state = std::find_if(changes.keys.begin(), changes.keys.end(),
                                    [&](const auto& each) { return each.row && each.key == key; });
    if (state == changes.keys.end()) continue;
    refusal.columns = column_names(table->source);
    refusal.image = *state->row;
  }
}

/// What is refused goes into the quarantine, what was there and has been written leaves it, both with the
/// rows themselves. So many refusals that the table is at fault end the batch.
QuarantineMoves LargeBatch::keep_account(const capture::Anchor& to) {
  QuarantineMoves moves;
  std::string statements;
  for (auto& refusal : refusals_) {
    add_source_values(refusal);
    moves.refused.push_back(refusal.row);
    tried_again_.erase(refusal.row);
    statements += quarantine_sql(session_, context_.state_schema, context_.pipeline, refusal, to.position);
  }
  for (const TargetTable& table : plan_.tables) {
    const auto is_of_table = [&](const Refusal& refusal) { return refusal.row.first == table.source.name; };
    const auto refused = count_of(refusals_, table);
    if (!is_beyond_limit(refused, rows_[table.source.id])) continue;
    throw beyond_refusal_limit(refused, rows_[table.source.id],
                               std::find_if(refusals_.begin(), refusals_.end(), is_of_table)->error);
  }
  moves.resolved.assign(tried_again_.begin(), tried_again_.end());
  if (!moves.resolved.empty()) {
    statements += resolve_sql(context_.state_schema, context_.pipeline, moves.resolved);
  }
  if (!statements.empty()) session_.exec(statements);
  return moves;
}

QuarantineMoves LargeBatch::commit(const capture::Anchor& to, bool whole) {
  drop_superseded_refusals();
  write();
  QuarantineMoves moves = keep_account(to);
  session_.exec(advance_sql(context_.state_schema, context_.pipeline, believed_, to, whole));
  transaction_.commit();
  return moves;
}

}  // namespace sluice::applier
