#include "applier/server/state_store.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "applier/design/schema_change.h"
#include "applier/server/apply_error.h"
#include "applier/server/quarantine.h"
#include "applier/server/schemas.h"
#include "applier/server/state_fields.h"
#include "applier/values/identifiers.h"
#include "applier/values/time_units.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

using capture::CopyState;

constexpr std::array kPhases{"pending", "copying", "streaming"};

/// What brings format 1 to format 2, and so on.
const std::array kMigrations{sql::refusals, sql::scans, sql::claims, sql::units};

constexpr std::array kOnlyInTarget{"", "deleted", "kept", "refused"};

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

/// What there is of the state schema; see state_shape.sql.
struct Shape {
  bool any = false;     ///< of its tables
  std::string missing;  ///< a part of the tables; empty where they are what they should be

  /// Is it the first part, the number of the format, that is missing?
  bool has_no_format() const { return missing.starts_with("column format."); }
};

Shape shape_of(Session& session, const std::string& schema) {
  const auto row = session.exec(for_schema(sql::state_shape, schema))[0];
  return {row[0].as<int>() > 0, row[1].as<std::string>()};
}

/// The statements that forget everything but the row of a pipeline, which takes the rest with it where nobody
/// has dropped the foreign keys.
std::string delete_tables_sql(const std::string& schema, const std::string& pipeline) {
  std::string statements;
  for (const char* table : {"quarantine", "table_copy"}) {
    statements += "DELETE FROM " + quote_name(schema, table) +
                  " WHERE pipeline = " + quote_literal(pipeline) + " OR pipeline IS NULL;";
  }
  return statements;
}

std::string delete_sql(const std::string& schema, const std::string& pipeline) {
  return delete_tables_sql(schema, pipeline) + "DELETE FROM " + quote_name(schema, "pipeline") +
         " WHERE name = " + quote_literal(pipeline);
}

/// The format by its own word; nothing where it has lost it, or where it is none that there will ever be.
std::optional<int> format_of(Session& session, const std::string& schema) {
  constexpr int kLastFormat = 1000;
  const auto rows = session.exec("SELECT version FROM " + quote_name(schema, "format") +
                                 " WHERE version BETWEEN 1 AND " + std::to_string(kLastFormat));
  if (rows.size() != 1) return std::nullopt;
  return rows[0][0].as<int>();
}

ApplyError format_newer(const std::string& schema, int version) {
  ApplyError error(Fault::table, "schema " + schema + " has format " + std::to_string(version) +
                                     ", this sluiced knows formats up to " + std::to_string(kStateFormat));
  error.code = "format_newer";
  error.hint = "run the newer sluiced that wrote it";
  return error;
}

void run(Session& session, std::string_view statements, const std::string& schema) {
  session.exec(for_schema(statements, schema));
}

void make_tables(Session& session, const std::string& schema) {
  make_schema(session, schema);
  run(session, sql::progress, schema);
  for (const auto& migration : kMigrations) run(session, migration, schema);
  run(session, sql::functions, schema);
}

/// The tables speak for themselves where they are those of this format.
void bring_up_to_date(Session& session, const std::string& schema, const Shape& shape) {
  if (shape.has_no_format()) return;
  const auto version = format_of(session, schema);
  if (version && *version > kStateFormat) throw format_newer(schema, *version);
  if (shape.missing.empty() && version != kStateFormat) {
    const std::string format = quote_name(schema, "format");
    session.exec("DELETE FROM " + format + "; INSERT INTO " + format + " VALUES (" +
                 std::to_string(kStateFormat) + ")");
  } else if (version && *version < kStateFormat) {
    for (int format = *version; format < kStateFormat; ++format)
      run(session, kMigrations.at(static_cast<std::size_t>(format) - 1), schema);
  }
  run(session, sql::functions, schema);
}

/// Is there nothing for ensure_state_schema() to do? Asked at every connection, so it is short; what the
/// tables are like is looked at by load_state().
bool is_up_to_date(Session& session, const std::string& schema) {
  const auto found = session.exec(
      "SELECT (SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(" +
      quote_literal(quote_name(schema, "format")) +
      ") AND attname = 'version' AND atttypid = 'integer'::regtype), (SELECT count(DISTINCT proname) FROM"
      " pg_catalog.pg_proc WHERE pronamespace = pg_catalog.to_regnamespace(" +
      quote_literal(quote_name(schema)) +
      ") AND proname IN ('hold','advance','refuse_cascade','bisect','columns_of','first_refused',"
      "'refuse_swallowed','refuse_duplicates'))");
  constexpr int kFunctions = 8;
  return found[0][0].as<int>() == 1 && found[0][1].as<int>() == kFunctions &&
         format_of(session, schema) == kStateFormat;
}

std::optional<PipelineRow> read_row(Session& session, const StatePlace& place,
                                    std::optional<ApplyError>& damage) {
  const auto rows = session.exec(
      "SELECT source_id, source_path, source_host, position, nonce, entry, epoch, whole, migrating,"
      " finished_at IS NOT NULL AS finished,"
      " coalesce(" +
      utc_sql("last_commit_at") + ", '') AS last_commit_at FROM " + quote_name(place.schema, "pipeline") +
      " WHERE name = " + quote_literal(place.pipeline) + " FOR UPDATE");
  if (rows.empty()) return std::nullopt;
  const auto found = rows[0];
  StateFields row(place, "pipeline", found, damage);
  return PipelineRow{{row.text("source_id"), row.text("source_path"), row.text("source_host")},
                     {{row.count("position")}, row.number("nonce"), row.text("entry")},
                     row.count("epoch"),
                     row.truth("whole", true),
                     row.truth("finished"),
                     row.truth("migrating"),
                     row.text("last_commit_at")};
}

bool is_remembered_table(const std::string& text) {
  try {
    read_remembered(text);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

/// Column and rule by turns.
capture::Key written(const std::map<std::string, TypeRule::Kind>& units) {
  capture::Key words;
  for (const auto& [column, unit] : units) {
    words.emplace_back(capture::Text{column});
    words.emplace_back(capture::Text{std::string(word_of(unit))});
  }
  return words;
}

/// What is none is not known.
std::map<std::string, TypeRule::Kind> read_units(const capture::Key& words) {
  std::map<std::string, TypeRule::Kind> units;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const auto* column = std::get_if<capture::Text>(&words[i]);
    const auto* word = std::get_if<capture::Text>(&words[i + 1]);
    const auto unit = column && word ? unit_named(word->bytes) : std::nullopt;
    if (unit) units.emplace(column->bytes, *unit);
  }
  return units;
}

TableProgress read_progress(StateFields& row) {
  TableProgress progress;
  progress.copy.phase = row.word<CopyState::Phase>("phase", kPhases);
  progress.copy.frontier = row.key("frontier");
  progress.rows_copied = row.count("rows_copied");
  progress.version = row.text("version");
  progress.ours = row.truth("ours");
  progress.only_in_target = row.word<OnlyInTarget>("compared", kOnlyInTarget);
  progress.made = row.truth("made");
  progress.unfinished = row.truth("unfinished", progress.made);
  progress.columns = row.text("columns", is_remembered_table);
  progress.units = read_units(row.key("units"));
  progress.target = row.text("target");
  progress.ddl = row.text("ddl");
  return progress;
}

std::map<std::string, TableProgress> read_tables(Session& session, const StatePlace& place,
                                                 std::optional<ApplyError>& damage) {
  std::map<std::string, TableProgress> tables;
  const auto rows = session.exec(
      "SELECT source_table, phase, frontier, rows_copied, version, ours, compared, made, unfinished, columns,"
      " units, target, ddl FROM " +
      quote_name(place.schema, "table_copy") + " WHERE pipeline = " + quote_literal(place.pipeline));
  for (const auto& each : rows) {
    StateFields row(place, "table_copy", each, damage);
    tables.emplace(row.text("source_table"), read_progress(row));
  }
  return tables;
}

}  // namespace

void ensure_state_schema(Session& session, const std::string& schema) {
  if (is_up_to_date(session, schema)) return;
  Transaction transaction(session);
  // The lock is for daemons that start at the same time: the second finds what the first has made.
  session.exec("SELECT pg_advisory_xact_lock(hashtext('sluice schema'))");
  const Shape shape = shape_of(session, schema);
  if (!shape.any) {
    make_tables(session, schema);
  } else {
    bring_up_to_date(session, schema, shape);
  }
  transaction.commit();
}

StoredState load_state(Session& session, const std::string& schema, const std::string& pipeline) {
  const StatePlace place{schema, pipeline};
  StoredState state;
  Transaction transaction(session);
  if (const Shape shape = shape_of(session, schema); !shape.missing.empty()) {
    state.damage = state_damaged(place, "there is no " + shape.missing);
    state.damage->hint += "; other pipelines of this schema start afresh then as well";
    return state;
  }
  state.pipeline = read_row(session, place, state.damage);
  if (state.pipeline) {
    state.tables = read_tables(session, place, state.damage);
    state.quarantined = quarantined_rows(session, place, state.damage);
    const auto stray = std::find_if(state.quarantined.begin(), state.quarantined.end(),
                                    [&](const auto& row) { return !state.tables.contains(row.first); });
    if (stray != state.quarantined.end() && !state.damage)
      state.damage = state_damaged(
          place, "column source_table of table quarantine names a table that is not replicated");
  }
  transaction.commit();
  return state;
}

void rewrite_state(Session& session, const std::string& schema, const std::string& pipeline,
                   const std::optional<PipelineRow>& row,
                   const std::map<std::string, TableProgress>& tables) {
  Transaction transaction(session);
  session.exec("SELECT pg_advisory_xact_lock(hashtext('sluice schema'))");
  if (!shape_of(session, schema).missing.empty()) {
    run(session, sql::progress_drop, schema);
    make_tables(session, schema);
  }
  session.exec(delete_sql(schema, pipeline));
  if (row) {
    create_pipeline(session, schema, pipeline, *row);
    for (const auto& [name, progress] : tables)
      session.exec(save_progress_sql(schema, pipeline, name, progress));
  }
  transaction.commit();
}

void create_pipeline(Session& session, const std::string& schema, const std::string& pipeline,
                     const PipelineRow& row) {
  session.exec("INSERT INTO " + quote_name(schema, "pipeline") +
               " (name, source_id, source_path, source_host, position, nonce, entry) VALUES (" +
               join({quote_literal(pipeline), quote_literal(row.source.id), quote_literal(row.source.path),
                     quote_literal(row.source.host), std::to_string(row.applied.position.value),
                     std::to_string(row.applied.nonce), quote_literal(row.applied.entry)},
                    ", ") +
               ");" + delete_tables_sql(schema, pipeline));  // what a former row has left is not this one's
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
      "phase, frontier, rows_copied, version, ours, compared, made, unfinished, columns, units, target, ddl";
  const std::string values =
      join({quote_literal(kPhases[static_cast<std::size_t>(progress.copy.phase)]),
            quote_literal(capture::encode(progress.copy.frontier)), std::to_string(progress.rows_copied),
            quote_literal(progress.version), word(progress.ours),
            quote_literal(kOnlyInTarget[static_cast<std::size_t>(progress.only_in_target)]),
            word(progress.made), word(progress.unfinished), quote_literal(progress.columns),
            quote_literal(capture::encode(written(progress.units))), quote_literal(progress.target),
            quote_literal(progress.ddl)},
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
  const Shape shape = shape_of(session, schema);
  if (!shape.any || !shape.missing.empty()) return made;
  const auto rows = session.exec(
      "SELECT source_table, ddl FROM " + quote_name(schema, "table_copy") +
      " WHERE made AND NOT unfinished AND ddl IS NOT NULL AND pipeline = " + quote_literal(pipeline));
  for (const auto& row : rows) made.emplace(row[0].as<std::string>(), row[1].as<std::string>());
  return made;
}

bool forget_pipeline(Session& session, const std::string& schema, const std::string& pipeline) {
  if (!shape_of(session, schema).any) return false;
  ensure_state_schema(session, schema);
  Transaction transaction(session);
  const Shape shape = shape_of(session, schema);
  bool known = true;
  bool last = !shape.missing.empty();
  if (!last) {
    const std::string rows = quote_name(schema, "pipeline");
    known = session.exec(delete_sql(schema, pipeline)).affected_rows() > 0;
    last = session.exec("SELECT count(*) FROM " + rows)[0][0].as<std::int64_t>() == 0;
  }
  if (last) run(session, sql::progress_drop, schema);
  transaction.commit();
  return known;
}

}  // namespace sluice::applier
