#include "applier/server/state_store.h"

#include <array>

#include "applier/server/apply_error.h"
#include "applier/server/schemas.h"
#include "applier/values/identifiers.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

using capture::CopyState;

constexpr std::array kPhases{"pending", "copying", "streaming"};

/// What brings format 1 to format 2, and so on.
const std::array kMigrations{sql::refusals, sql::scans};

constexpr std::array kOnlyInTarget{"", "deleted", "kept", "refused"};

template <typename Enum, std::size_t size>
Enum meant(const std::array<const char*, size>& words, const std::string& word) {
  for (std::size_t i = 0; i < size; ++i) {
    if (word == words[i]) return static_cast<Enum>(i);
  }
  throw ApplyError(Fault::table, "unknown word '" + word + "' in the state schema");
}

std::string anchor_arguments(const capture::Anchor& anchor) {
  return std::to_string(anchor.position.value) + "," + std::to_string(anchor.nonce) + "," +
         quote_literal(anchor.entry);
}

/// Pipeline, source, epoch and anchor, as hold() and advance() take them.
std::string believed_arguments(const std::string& pipeline, const PipelineRow& believed) {
  return quote_literal(pipeline) + "," + quote_literal(believed.source.id) + "," +
         std::to_string(believed.epoch) + "," + anchor_arguments(believed.applied);
}

/// A file of sql/ about the state schema. Names may hold dollars and quotes, also in the bodies of functions.
std::string for_schema(std::string_view sql, const std::string& schema) {
  const std::string name = quote_name(schema);
  return replace_each(
      sql, {{"@schema@", name}, {"@schema_as_text@", quote_literal(name)}, {"$$", dollars_around(name)}});
}

bool exists(Session& session, const std::string& schema) {
  return session
      .exec("SELECT to_regclass(" + quote_literal(quote_name(schema, "format")) + ") IS NOT NULL")[0][0]
      .as<bool>();
}

int format_of(Session& session, const std::string& schema) {
  const auto rows = session.exec("SELECT version FROM " + quote_name(schema, "format"));
  if (!rows.empty()) return rows[0][0].as<int>();
  ApplyError error(Fault::table, "schema " + schema + " has lost the row that tells its format");
  error.code = "state_damaged";
  error.hint = "somebody has emptied Sluice's own tables: DROP SCHEMA " + quote_name(schema) +
               " CASCADE; the pipeline then starts afresh and compares what is there";
  throw error;
}

void check_format(Session& session, const std::string& schema) {
  const int version = format_of(session, schema);
  if (version <= kStateFormat) return;
  ApplyError error(Fault::table, "schema " + schema + " has format " + std::to_string(version) +
                                     ", this sluiced knows formats up to " + std::to_string(kStateFormat));
  error.code = "format_newer";
  error.hint = "run the newer sluiced that wrote it";
  throw error;
}

}  // namespace

void ensure_state_schema(Session& session, const std::string& schema) {
  if (!exists(session, schema) || format_of(session, schema) < kStateFormat) {
    Transaction transaction(session);
    // The lock is for daemons that start at the same time: the second finds what the first has made.
    session.exec("SELECT pg_advisory_xact_lock(hashtext('sluice schema'))");
    if (!exists(session, schema)) {
      make_schema(session, schema);
      session.exec(for_schema(sql::progress, schema));
    }
    for (int format = format_of(session, schema); format < kStateFormat; ++format)
      session.exec(for_schema(kMigrations.at(static_cast<std::size_t>(format) - 1), schema));
    transaction.commit();
  }
  check_format(session, schema);
}

StoredState load_state(Session& session, const std::string& schema, const std::string& pipeline) {
  StoredState state;
  Transaction transaction(session);
  const auto rows = session.exec(
      "SELECT source_id, source_path, source_host, position, nonce, entry, epoch, whole, finished_at IS NOT "
      "NULL,"
      " coalesce(to_char(last_commit_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), ''), "
      "migrating"
      " FROM " +
      quote_name(schema, "pipeline") + " WHERE name = " + quote_literal(pipeline) + " FOR UPDATE");
  if (rows.empty()) return state;
  const auto row = rows[0];
  state.pipeline =
      PipelineRow{{row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>()},
                  {{row[3].as<std::int64_t>()}, row[4].as<std::int64_t>(), row[5].as<std::string>()},
                  row[6].as<std::int64_t>(),
                  row[7].as<bool>(),
                  row[8].as<bool>(),
                  row[10].as<bool>(),
                  row[9].as<std::string>()};

  const auto tables = session.exec(
      "SELECT source_table, phase, frontier, rows_copied, version, ours, compared, made,"
      " unfinished, columns, ddl FROM " +
      quote_name(schema, "table_copy") + " WHERE pipeline = " + quote_literal(pipeline));
  for (const auto& table : tables) {
    TableProgress progress;
    progress.copy.phase = meant<CopyState::Phase>(kPhases, table[1].as<std::string>());
    progress.copy.frontier = capture::decode_key(table[2].as<std::string>());
    progress.rows_copied = table[3].as<std::int64_t>();
    progress.version = table[4].as<std::string>();
    progress.ours = table[5].as<bool>();
    progress.only_in_target = meant<OnlyInTarget>(kOnlyInTarget, table[6].as<std::string>());
    progress.made = table[7].as<bool>();
    progress.unfinished = table[8].as<bool>();
    progress.columns = table[9].as<std::string>();
    progress.ddl = table[10].as<std::string>();
    state.tables.emplace(table[0].as<std::string>(), std::move(progress));
  }
  transaction.commit();
  return state;
}

void create_pipeline(Session& session, const std::string& schema, const std::string& pipeline,
                     const PipelineRow& row) {
  session.exec("INSERT INTO " + quote_name(schema, "pipeline") +
               " (name, source_id, source_path, source_host, position, nonce, entry) VALUES (" +
               join({quote_literal(pipeline), quote_literal(row.source.id), quote_literal(row.source.path),
                     quote_literal(row.source.host), std::to_string(row.applied.position.value),
                     std::to_string(row.applied.nonce), quote_literal(row.applied.entry)},
                    ", ") +
               ")");
}

void update_source(Session& session, const std::string& schema, const std::string& pipeline,
                   const SourceIdentity& source) {
  session.exec("UPDATE " + quote_name(schema, "pipeline") + " SET source_id = " + quote_literal(source.id) +
               ", source_path = " + quote_literal(source.path) +
               ", source_host = " + quote_literal(source.host) + " WHERE name = " + quote_literal(pipeline));
}

std::string save_migrating_sql(const std::string& schema, const std::string& pipeline, bool migrating) {
  return "UPDATE " + quote_name(schema, "pipeline") + " SET migrating = " + (migrating ? "true" : "false") +
         " WHERE name = " + quote_literal(pipeline) + ";";
}

std::string hold_sql(const std::string& schema, const std::string& pipeline, const PipelineRow& believed) {
  return "SELECT " + quote_name(schema, "hold") + "(" + believed_arguments(pipeline, believed) + ");";
}

std::string advance_sql(const std::string& schema, const std::string& pipeline, const PipelineRow& believed,
                        const capture::Anchor& next, bool whole) {
  return "SELECT " + quote_name(schema, "advance") + "(" + believed_arguments(pipeline, believed) + "," +
         anchor_arguments(next) + "," + (whole ? "true" : "false") + ");";
}

void confirm_position(Session& session, const std::string& schema, const std::string& pipeline,
                      const PipelineRow& believed) {
  // In a transaction of its own that ends at once: the lock it takes is let go of.
  session.exec(hold_sql(schema, pipeline, believed));
}

std::string finish_sql(const std::string& schema, const std::string& pipeline) {
  return "UPDATE " + quote_name(schema, "pipeline") +
         " SET finished_at = pg_catalog.clock_timestamp(), epoch = epoch + 1 WHERE name = " +
         quote_literal(pipeline) + ";";
}

std::string save_progress_sql(const std::string& schema, const std::string& pipeline,
                              const std::string& table, const TableProgress& progress) {
  const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
  const std::string columns =
      "phase, frontier, rows_copied, version, ours, compared, made, unfinished, columns, ddl";
  const std::string values = join(
      {quote_literal(kPhases[static_cast<std::size_t>(progress.copy.phase)]),
       quote_literal(capture::encode(progress.copy.frontier)), std::to_string(progress.rows_copied),
       quote_literal(progress.version), word(progress.ours),
       quote_literal(kOnlyInTarget[static_cast<std::size_t>(progress.only_in_target)]), word(progress.made),
       word(progress.unfinished), quote_literal(progress.columns), quote_literal(progress.ddl)},
      ",");
  return "INSERT INTO " + quote_name(schema, "table_copy") + " (pipeline, source_table, " + columns +
         ") VALUES (" + quote_literal(pipeline) + "," + quote_literal(table) + "," + values +
         ") ON CONFLICT (pipeline, source_table) DO UPDATE SET (" + columns + ") = (" + values + ");";
}

std::string forget_progress_sql(const std::string& schema, const std::string& pipeline,
                                const std::string& table) {
  return "DELETE FROM " + quote_name(schema, "table_copy") + " WHERE pipeline = " + quote_literal(pipeline) +
         " AND source_table = " + quote_literal(table) + ";";
}

std::map<std::string, std::string> made_tables(Session& session, const std::string& schema,
                                               const std::string& pipeline) {
  std::map<std::string, std::string> made;
  if (!exists(session, schema) || format_of(session, schema) != kStateFormat) return made;
  const auto rows = session.exec("SELECT source_table, ddl FROM " + quote_name(schema, "table_copy") +
                                 " WHERE made AND NOT unfinished AND pipeline = " + quote_literal(pipeline));
  for (const auto& row : rows) made.emplace(row[0].as<std::string>(), row[1].as<std::string>());
  return made;
}

bool forget_pipeline(Session& session, const std::string& schema, const std::string& pipeline) {
  if (!exists(session, schema)) return false;
  Transaction transaction(session);
  const auto gone = session.exec("DELETE FROM " + quote_name(schema, "pipeline") +
                                 " WHERE name = " + quote_literal(pipeline));
  const auto left = session.exec("SELECT count(*) FROM " + quote_name(schema, "pipeline"));
  if (left[0][0].as<std::int64_t>() == 0) session.exec(for_schema(sql::progress_drop, schema));
  transaction.commit();
  return gone.affected_rows() > 0;
}

}  // namespace sluice::applier
