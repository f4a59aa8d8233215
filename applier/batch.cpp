#include "applier/batch.h"

#include <algorithm>
#include <utility>

#include "applier/apply_error.h"
#include "applier/identifiers.h"
#include "applier/state_store.h"

namespace sluice::applier {
namespace {

constexpr std::size_t kSmallBatchKeys = 500;
constexpr std::int64_t kSmallBatchBytes = 256 << 10;
constexpr std::size_t kShownKeyBytes = 200;

std::vector<TableWrite> convert(const Plan& plan, const capture::Chunk& chunk, const TextPolicies& text) {
  std::vector<TableWrite> writes;
  for (const TargetTable& table : plan.tables) {
    for (const auto& changes : chunk.tables) {
      if (changes.table == table.source.id) writes.push_back(convert_changes(table, changes, text));
    }
  }
  return writes;
}

TableWrite convert_rows(const TargetTable& table, const std::vector<capture::Row>& rows,
                        const TextPolicies& text) {
  TableWrite write{&table, {}, {}};
  for (const auto& row : rows) write.upserts.push_back(convert_row(table, row, text));
  return write;
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

/// Values and the constraints on them are the same in both modes, foreign keys and triggers are not.
bool same_in_replica_mode(const std::string& sqlstate) {
  return sqlstate.starts_with("22") || (sqlstate.starts_with("23") && sqlstate != "23503");
}

/// What would help. In ordinary mode it may be the right that keeps the server's triggers out of a mirror.
void add_hint(ApplyError& error, const Session& session, const TargetTable& table) {
  if (!error.hint.empty()) return;
  if (error.sqlstate == "42501") {
    error.hint = grant_sql(table, session.role());
    return;
  }
  if (error.sqlstate == "23502" && !table.required.empty()) {
    error.hint = "SQLite has no column " + join(table.required, ", ") +
                 ", has it been dropped or renamed there? ALTER TABLE " + table.name + " DROP COLUMN " +
                 join(table.required, ", DROP COLUMN ") + "; or give it a default, then: sluicectl retry";
    return;
  }
  if (session.mode() == ApplyMode::replica || same_in_replica_mode(error.sqlstate)) {
    error.hint = "change the row in SQLite or " + table.display_name +
                 " on the server; replication then goes on by itself, or at once with: sluicectl retry";
    return;
  }
  error.hint =
      "the server's own triggers and constraints apply to every replicated row; to mirror without them: "
      "GRANT SET ON PARAMETER session_replication_role TO " +
      session.role() + "; (Postgres 15+), then: sluicectl retry";
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

/// The states of a chunk, each as a chunk of its own with one key.
struct SingleState {
  const TargetTable* table;
  const capture::KeyState* state;
};

std::vector<SingleState> single_states(const Plan& plan, const capture::Chunk& chunk) {
  std::vector<SingleState> states;
  for (const TargetTable& table : plan.tables) {
    for (const auto& changes : chunk.tables) {
      if (changes.table != table.source.id) continue;
      for (const auto& state : changes.keys) states.push_back({&table, &state});
    }
  }
  return states;
}

/// Writes the rows of a refused batch one by one until one is refused, and adds its key to the error.
/// Everything is rolled back. Gives the first error back where no single row is at fault by itself.
ApplyError locate(Session& session, const Plan& plan, const BatchContext& context,
                  const capture::Chunk& chunk, ApplyError refusal) {
  Transaction transaction(session);
  session.exec(session.transaction_settings() + deferral(session));
  for (const auto& [table, state] : single_states(plan, chunk)) {
    capture::TableChanges changes{table->source.id, {*state}, false};
    const auto statements =
        literal_statements({convert_changes(*table, changes, context.text)}, session, context);
    try {
      for (const auto& statement : statements) run(session, statement);
    } catch (ApplyError& error) {
      if (error.fault != Fault::row && error.fault != Fault::table) throw;
      error.key = capture::to_literal(state->key, kShownKeyBytes);
      return error;
    }
  }
  if (refusal.hint.empty())
    refusal.hint = "the rows are refused only together; see the server's log for the row";
  return refusal;
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

void write_small_batch(Session& session, const Plan& plan, const BatchContext& context,
                       const PipelineRow& believed, const capture::Chunk& chunk) {
  const auto writes = convert(plan, chunk, context.text);
  std::string message = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;" + session.transaction_settings() +
                        deferral(session) +
                        advance_sql(context.state_schema, context.pipeline, believed, chunk.to, true);
  for (const auto& statement : literal_statements(writes, session, context)) message += statement.sql;
  message += "COMMIT;";
  try {
    session.exec(message);
  } catch (const ApplyError& error) {
    if (error.fault == Fault::in_doubt) throw;
    session.exec("ROLLBACK");
    if (error.fault != Fault::row && error.fault != Fault::table) throw;
    throw locate(session, plan, context, chunk, error);
  }
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
  return stages_.try_emplace(table.source.id, session_, table).first->second;
}

void LargeBatch::add(const capture::Chunk& chunk) {
  for (const auto& write : convert(plan_, chunk, context_.text)) {
    const auto changes = std::find_if(chunk.tables.begin(), chunk.tables.end(),
                                      [&](const auto& c) { return c.table == write.table->source.id; });
    // Once a table has a stage, its later states have to come after the earlier ones in it.
    const bool straight = changes->inserts_only && write.deletes.empty() && write.table->key_is_unique &&
                          !stages_.contains(changes->table);
    if (straight && copied_straight(*write.table, write)) continue;
    stage(*write.table).add(write);
  }
}

bool LargeBatch::copied_straight(const TargetTable& table, const TableWrite& write) {
  std::string lines;
  for (const auto& row : write.upserts) {
    std::vector<const std::optional<std::string>*> fields;
    for (const auto& value : row) fields.push_back(&value);
    append_copy_line(lines, fields);
  }
  Savepoint savepoint(session_);
  try {
    session_.copy(table.name, table.column_names(), lines);
  } catch (const ApplyError& error) {
    // Rows that are there already, or that constraints refuse before the rest of the batch is there.
    if (error.fault == Fault::row || error.fault == Fault::table) return false;
    throw;
  }
  savepoint.release();
  return true;
}

void LargeBatch::copy_straight(const TargetTable& table, const std::vector<capture::Row>& rows) {
  const TableWrite write = convert_rows(table, rows, context_.text);
  if (!write.upserts.empty() && !copied_straight(table, write)) stage(table).add(write);
}

void LargeBatch::gather(const TargetTable& table, const std::vector<capture::Row>& rows) {
  stage(table).add(convert_rows(table, rows, context_.text));
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

ExistingCounts LargeBatch::count_existing(const TargetTable& table) {
  settle(stage(table));
  const auto row = session_.exec(
      "SELECT count(*) FILTER (WHERE s.sluice_chunk IS NULL), count(*) FILTER (WHERE"
      " s.sluice_chunk IS NOT NULL AND " +
      images_differ(table) + "), count(*) FROM " + table.name + " AS t LEFT JOIN (SELECT * FROM " +
      stage(table).name() + " WHERE NOT sluice_gone) AS s ON " + key_join(table, "t", "s"))[0];
  return {row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()};
}

void LargeBatch::delete_unknown(const TargetTable& table) {
  std::vector<std::string> keys;
  for (const auto& name : table.key_names()) keys.push_back("x." + name);
  unknown_[table.source.id] = "(SELECT " + join(keys, ",") + " FROM " + table.name +
                              " AS x WHERE NOT EXISTS (SELECT 1 FROM " + stage(table).name() +
                              " AS y WHERE NOT y.sluice_gone AND " + key_join(table, "x", "y") + ")) AS s";
}

void LargeBatch::save(const std::string& source_table, const TableProgress& progress) {
  session_.exec(save_progress_sql(context_.state_schema, context_.pipeline, source_table, progress));
}

std::vector<WriteSource> LargeBatch::sources() {
  std::vector<WriteSource> sources;
  for (const TargetTable& table : plan_.tables) {
    const auto found = stages_.find(table.source.id);
    if (found == stages_.end()) continue;
    settle(found->second);
    sources.push_back(found->second.source());
    if (const auto unknown = unknown_.find(table.source.id); unknown != unknown_.end()) {
      sources.back().deletes = unknown->second;
    }
  }
  return sources;
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

void LargeBatch::commit(const capture::Anchor& to, bool whole) {
  const auto all = sources();
  avoid_nested_loops();
  for (const auto& statement : ordered_statements(all, session_.mode(), context_.state_schema)) {
    run(session_, statement);
  }
  session_.exec(advance_sql(context_.state_schema, context_.pipeline, believed_, to, whole));
  transaction_.commit();
}

}  // namespace sluice::applier
