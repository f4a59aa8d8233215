#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "applier/batch.h"
#include "applier/server/apply_error.h"
#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/wait_until.h"

/// A database with the state schema and one pipeline in it, and batches made by hand: what capture would
/// send.
namespace sluice::test {

struct TargetFixture {
  support::PostgresCluster& cluster = support::shared_cluster();
  std::string role;
  std::string database;
  applier::TargetOptions options;
  std::unique_ptr<applier::Session> session;
  applier::Plan plan;
  applier::PipelineRow row;

  /// Makes the tables by `ddl` and plans `tables` for them. The role decides the mode.
  TargetFixture(const std::string& ddl, std::vector<capture::SourceTable> tables,
                std::string role_ = support::PostgresCluster::kReplicaOwner)
      : role(std::move(role_)), database(cluster.create_database(role)) {
    cluster.psql(database, ddl, role);
    options.pipeline = "shop";
    options.url = cluster.url(database, role);
    connect();
    applier::ensure_state_schema(*session, options.state_schema);
    row.source = {"source-id", "/shop.db", "here"};
    row.applied = {{100}, 7, "0 b"};
    applier::create_pipeline(*session, options.state_schema, options.pipeline, row);
    for (const auto& table : tables)
      plan.tables.push_back(applier::find_target(*session, options, table).value());
    plan.tables = applier::parents_first(plan.tables);
  }

  void connect() {
    session = std::make_unique<applier::Session>(options, std::make_shared<applier::Lifeline>());
  }

  applier::BatchContext context() const { return {options.pipeline, options.state_schema, {}}; }

  /// Applies a batch by the small way or the large one, and remembers the position.
  void apply(std::vector<capture::TableChanges> tables, bool large) {
    capture::Chunk chunk;
    chunk.from = row.applied;
    chunk.to = {{row.applied.position.value + 1}, row.applied.nonce + 1, "1 i i1"};
    chunk.changes = 1;
    chunk.at_boundary = true;
    chunk.tables = std::move(tables);
    if (large) {
      applier::LargeBatch batch(*session, plan, context(), row);
      batch.add(chunk);
      batch.commit(chunk.to, true);
    } else {
      applier::write_small_batch(*session, plan, context(), row, chunk);
    }
    row.applied = chunk.to;
    ++row.epoch;
  }

  /// The rows, each with its newline.
  std::string query(const std::string& sql) const {
    const auto rows = cluster.psql(database, sql);
    return rows.empty() ? "" : rows + "\n";
  }
};

/// What an action is refused with.
inline applier::ApplyError refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const applier::ApplyError& error) {
    return error;
  }
  FAIL("nothing was refused");
  return applier::ApplyError(applier::Fault::row, "");
}

/// What the survey of a table's target refuses; never a row's fault.
inline applier::ApplyError fault_of(TargetFixture& target, const capture::SourceTable& table) {
  auto error = refusal([&] { (void)applier::find_target(*target.session, target.options, table); });
  CHECK(error.fault == applier::Fault::table);
  return error;
}

inline capture::SourceTable source_table(capture::TableId id, std::string name,
                                         std::vector<std::string> columns,
                                         std::vector<std::size_t> key = {0}) {
  capture::SourceTable table;
  table.id = id;
  table.name = std::move(name);
  for (auto& column : columns) table.columns.push_back({std::move(column), "", false, false});
  table.key = std::move(key);
  return table;
}

inline capture::Value integer(std::int64_t number) {
  return number;
}
inline capture::Value text(std::string bytes) {
  return capture::Text{std::move(bytes)};
}

/// A row that exists, of a table whose key is its first column.
inline capture::KeyState there(capture::Row row) {
  return {{row.front()}, row};
}

/// A key that is gone.
inline capture::KeyState gone(capture::Value key) {
  return {{std::move(key)}, std::nullopt};
}

inline capture::TableChanges changes(capture::TableId table, std::vector<capture::KeyState> keys,
                                     bool inserts_only = false) {
  return {table, std::move(keys), inserts_only};
}

}  // namespace sluice::test
