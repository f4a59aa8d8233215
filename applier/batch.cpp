#include "applier/batch.h"

#include <algorithm>
#include <utility>

#include "applier/apply_error.h"
#include "applier/general_write.h"
#include "applier/identifiers.h"
#include "applier/state_store.h"

namespace sluice::applier {
namespace {

constexpr std::size_t kSmallBatchKeys = 500;
constexpr std::int64_t kSmallBatchBytes = 256 << 10;

/// Nobody looks through more refusals of one table; the rest is not even looked for.
constexpr std::size_t kMostRefusals = 1001;

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
std::set<RowName> held_back_rows(const Plan& plan, const capture::Chunk& chunk, const Tolerance& tolerance) {
  std::set<RowName> rows;
  if (tolerance.held_back.empty()) return rows;
  for (const auto& changes : chunk.tables) {
    const TargetTable* table = plan.find(changes.table);
    if (!table) continue;
    for (const auto& state : changes.keys) {
      RowName row{table->source.name, capture::encode(state.key)};
      if (tolerance.held_back.contains(row)) rows.insert(std::move(row));
    }
  }
  return rows;
}

/// The rows of a piece that are.
std::set<RowName> held_back_rows(const TargetTable& table, const std::vector<capture::Row>& rows,
                                 const Tolerance& tolerance) {
  std::set<RowName> held;
  if (tolerance.held_back.empty()) return held;
  for (const auto& row : rows) {
    RowName name{table.source.name, capture::encode(key_of(table.source, row))};
    if (tolerance.held_back.contains(name)) held.insert(std::move(name));
  }
  return held;
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
  std::string message = "BEGIN ISOLATION LEVEL READ COMMITTED;" + session.transaction_settings() +
                        deferral(session) +
                        advance_sql(context.state_schema, context.pipeline, believed, chunk.to, true);
  for (const auto& statement : literal_statements(writes, session, context)) message += statement.sql;
  if (!resolved.empty()) {
    message += resolve_sql(context.state_schema, context.pipeline, {resolved.begin(), resolved.end()});
  }
  message += "COMMIT;";
  try {
    session.exec(message);
    return true;
  } catch (const ApplyError& error) {
    if (error.fault == Fault::in_doubt) throw;
    session.exec("ROLLBACK");
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

HeldBack write_small_batch(Session& session, const Plan& plan, const BatchContext& context,
                           const PipelineRow& believed, const capture::Chunk& chunk) {
  const auto again = held_back_rows(plan, chunk, *context.tolerance);
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
  session_.exec(session_.transaction_settings() + deferral(session_) +
                hold_sql(context_.state_schema, context_.pipeline, believed_));
}

Stage& LargeBatch::stage(const TargetTable& table) {
  const auto found = stages_.find(table.source.id);
  if (found != stages_.end()) return found->second;
  return stages_.try_emplace(table.source.id, session_, table, context_.state_schema).first->second;
}

void LargeBatch::add(const capture::Chunk& chunk) {
  newest_ = &chunk;
  tried_again_.merge(held_back_rows(plan_, chunk, *context_.tolerance));
  for (auto& write : convert(plan_, chunk, context_.text)) {
    const auto changes = std::find_if(chunk.tables.begin(), chunk.tables.end(),
                                      [&](const auto& c) { return c.table == write.table->source.id; });
    const bool all_new = changes->inserts_only && write.deletes.empty() && write.table->key_is_unique &&
                         !is_checked_against_others(*write.table);
    add(std::move(write), all_new);
  }
}

void LargeBatch::copy_straight(const TargetTable& table, const std::vector<capture::Row>& rows,
                               Straight way) {
  tried_again_.merge(held_back_rows(table, rows, *context_.tolerance));
  TableWrite write = convert_rows(table, rows, context_.text);
  rows_[table.source.id] += rows.size();
  const bool alone = stages_.empty() || !is_checked_against_others(table);
  const bool fit = alone && write.refused.empty() && !table.may_swallow;
  refuse(table, std::exchange(write.refused, {}));
  if (!fit || !copied_straight(write, way)) add_to_stage(write);
}

void LargeBatch::gather(const TargetTable& table, const std::vector<capture::Row>& rows) {
  tried_again_.merge(held_back_rows(table, rows, *context_.tolerance));
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

bool LargeBatch::copied_straight(const TableWrite& write, Straight way) {
  std::string lines;
  for (const auto& row : write.upserts) {
    std::vector<const std::optional<std::string>*> fields;
    for (const auto& value : row) fields.push_back(&value);
    append_copy_line(lines, fields);
  }
  const bool checked = is_checked_against_others(*write.table);
  if (way == Straight::streamed && !checked) {
    session_.stream(write.table->name, write.table->column_names(), lines);
    return true;
  }
  Savepoint savepoint(session_);
  try {
    session_.copy(write.table->name, write.table->column_names(), lines);
    if (checked) session_.exec("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED");
  } catch (const ApplyError& error) {
    // Rows that are there already, or that constraints refuse before the rest of the batch is there.
    if (error.fault == Fault::row || error.fault == Fault::table) return false;
    throw;
  }
  savepoint.release();
  return true;
}

void LargeBatch::add_to_stage(const TableWrite& write) {
  const TargetTable& table = *write.table;
  auto refusals = stage(table).add(write, kMostRefusals);
  for (auto& refusal : refusals) add_hint(refusal.error, session_, table);
  refuse(table, std::move(refusals));
}

/// Rows that are refused: held back where that is allowed, else the end of the batch.
void LargeBatch::refuse(const TargetTable& table, std::vector<Refusal> refusals) {
  for (auto& refusal : refusals) {
    const Tolerance& tolerance = strict_ ? *strict_ : *context_.tolerance;
    if (!tolerance.covers(refusal)) throw refusal.error;
    if (stages_.contains(table.source.id)) stage(table).forget(refusal.row.second);
    refusals_.push_back(std::move(refusal));
  }
  const auto refused = count_of(refusals_, table);
  if (refused >= kMostRefusals)
    throw wholesale_refusal(refused, rows_[table.source.id], refusals_.back().error);
}

/// A later chunk may have brought the row in a state that is not refused.
void LargeBatch::drop_superseded_refusals() {
  std::erase_if(refusals_, [&](const Refusal& refusal) {
    for (auto& [id, stage] : stages_) {
      if (stage.table().source.name == refusal.row.first) return stage.holds(refusal.row.second);
    }
    return false;
  });
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

void LargeBatch::note_keys(const TargetTable& table) {
  noted_.insert(table.source.id);
}

void LargeBatch::forget_keys(const TargetTable& table) {
  if (noted_.erase(table.source.id) > 0) KeyMarks::for_scan(session_, table, context_.state_schema).drop();
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

std::vector<capture::Key> LargeBatch::held_back_keys(const TargetTable& table) const {
  std::vector<capture::Key> keys;
  for (const auto& row : context_.tolerance->held_back) {
    if (row.first == table.source.name) keys.push_back(capture::decode_key(row.second));
  }
  return keys;
}

/// Gathers the rows of a piece and gives back those that can't be written.
std::vector<Refusal> LargeBatch::add_piece(const TargetTable& table, const capture::CopyChunk& chunk) {
  TableWrite write = convert_rows(table, chunk.rows, context_.text);
  rows_[table.source.id] += chunk.rows.size();
  auto refused = std::exchange(write.refused, {});
  for (auto& refusal : stage(table).add(write, kMostRefusals)) {
    add_hint(refusal.error, session_, table);
    refused.push_back(std::move(refusal));
  }
  if (refused.size() >= kMostRefusals)
    throw wholesale_refusal(refused.size(), chunk.rows.size(), refused.back().error);
  settle(stage(table));
  return refused;
}

Findings LargeBatch::compare(const TargetTable& table, const Piece& piece, Mend mend) {
  write_gathered();
  auto refused = add_piece(table, *piece.chunk);
  std::vector<capture::Key> refused_keys;
  for (const auto& refusal : refused) refused_keys.push_back(capture::decode_key(refusal.row.second));
  Comparison comparison(session_, stage(table), context_.state_schema, piece, held_back_keys(table),
                        refused_keys);
  Findings findings = comparison.findings();
  for (const auto& refusal : refused) {
    if (context_.tolerance->held_back.contains(refusal.row)) continue;
    ++findings.differing;
    ++findings.refused;
    if (findings.first.size() < Findings::kMostShown)
      findings.first.push_back({Finding::Kind::differs, refusal.error.key, {refusal.error.column}});
  }
  auto held = held_back_rows(table, piece.chunk->rows, *context_.tolerance);
  const bool all_equal = findings.differences() + findings.left_out == 0 && refused.empty() && held.empty();
  if (mend == Mend::nothing || all_equal) {
    drop_stages();
  } else {
    tried_again_.merge(held);
    refuse(table, std::move(refused));
    if (mend != Mend::rows)
      rows_[table.source.id] +=
          stage(table).add_unknown(comparison.only_in_target(mend == Mend::left_out_too));
    stage(table).forget_equal(comparison.in_piece());
    strict_ = *context_.tolerance;
    strict_->everything = false;
  }
  comparison.finish();
  return findings;
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
    if (!strict_ && noted_.contains(stage->table().source.id))
      KeyMarks::for_scan(session_, stage->table(), context_.state_schema).add_stage(stage->name());
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
HeldBack LargeBatch::keep_account(const capture::Anchor& to) {
  HeldBack held_back;
  std::string statements;
  for (auto& refusal : refusals_) {
    add_source_values(refusal);
    held_back.refused.push_back(refusal.row);
    tried_again_.erase(refusal.row);
    statements += hold_back_sql(context_.state_schema, context_.pipeline, refusal, to.position);
  }
  for (const TargetTable& table : plan_.tables) {
    const auto is_of_table = [&](const Refusal& refusal) { return refusal.row.first == table.source.name; };
    const auto refused = count_of(refusals_, table);
    if (!is_wholesale(refused, rows_[table.source.id])) continue;
    throw wholesale_refusal(refused, rows_[table.source.id],
                            std::find_if(refusals_.begin(), refusals_.end(), is_of_table)->error);
  }
  held_back.resolved.assign(tried_again_.begin(), tried_again_.end());
  if (!held_back.resolved.empty()) {
    statements += resolve_sql(context_.state_schema, context_.pipeline, held_back.resolved);
  }
  if (!statements.empty()) session_.exec(statements);
  return held_back;
}

HeldBack LargeBatch::commit(const capture::Anchor& to, bool whole) {
  drop_superseded_refusals();
  write();
  HeldBack held_back = keep_account(to);
  session_.exec(advance_sql(context_.state_schema, context_.pipeline, believed_, to, whole));
  transaction_.commit();
  return held_back;
}

}  // namespace sluice::applier
