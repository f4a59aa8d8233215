#include "applier/server/quarantine.h"

#include "applier/server/state_fields.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

constexpr const char* kTable = "quarantine";

/// Before its first connection a pipeline has no state schema, and one of an older format has no quarantine.
bool exists(Session& session, const std::string& schema) {
  return session
      .exec("SELECT to_regclass(" + quote_literal(quote_name(schema, kTable)) + ") IS NOT NULL")[0][0]
      .as<bool>();
}

std::string one_of(const std::vector<std::int64_t>& ids) {
  std::vector<std::string> numbers;
  for (const std::int64_t id : ids) numbers.push_back(std::to_string(id));
  return "id = ANY ('{" + join(numbers, ",") + "}'::bigint[])";
}

std::string of_pipeline(const std::string& schema, const std::string& pipeline) {
  return " FROM " + quote_name(schema, kTable) + " WHERE pipeline = " + quote_literal(pipeline);
}

QuarantinedRow row_from(StateFields row) {
  QuarantinedRow held{.id = row.number("id"),
                      .source_table = row.text("source_table"),
                      .key = row.text("key"),
                      .operation = row.text("operation"),
                      .columns = row.text("columns"),
                      .image = row.text("image"),
                      .code = row.text("code"),
                      .sqlstate = row.text("sqlstate"),
                      .message = row.text("message"),
                      .column = row.text("column_name"),
                      .constraint = row.text("constraint_name"),
                      .position = row.count("position"),
                      .first_at = row.text("first_at"),
                      .last_at = row.text("last_at"),
                      .attempts = row.count("attempts")};
  for (const char* values : {"key", "columns", "image"}) row.key(values);
  return held;
}

}  // namespace

std::set<std::pair<std::string, std::string>> quarantined_rows(Session& session, const StatePlace& place,
                                                               std::optional<ApplyError>& damage) {
  std::set<std::pair<std::string, std::string>> rows;
  // A row that belongs to nobody may be this pipeline's, and would be missed by it.
  const auto found = session.exec("SELECT pipeline, source_table, key" +
                                  of_pipeline(place.schema, place.pipeline) + " OR pipeline IS NULL");
  for (const auto& each : found) {
    StateFields row(place, kTable, each, damage);
    row.text("pipeline");
    row.key("key");
    rows.emplace(row.text("source_table"), row.text("key"));
  }
  return rows;
}

std::vector<QuarantinedRow> load_quarantine(Session& session, const std::string& schema,
                                            const std::string& pipeline,
                                            const QuarantineSelection& selection) {
  if (!exists(session, schema)) return {};
  const std::string chosen = selection.ids.empty() ? "" : " AND " + one_of(selection.ids);
  const auto found =
      session.exec("SELECT id, source_table, key, operation," +
                   std::string(selection.images ? "columns, image" : "'' AS columns, '' AS image") +
                   ", code, sqlstate, message, column_name, constraint_name, position, " +
                   utc_sql("first_at") + " AS first_at, " + utc_sql("last_at") + " AS last_at, attempts" +
                   of_pipeline(schema, pipeline) + " AND id > " + std::to_string(selection.after) + chosen +
                   " ORDER BY id LIMIT " + std::to_string(selection.limit));
  const StatePlace place{schema, pipeline};
  std::optional<ApplyError> damage;
  std::vector<QuarantinedRow> rows;
  for (const auto& row : found) rows.push_back(row_from(StateFields(place, kTable, row, damage)));
  if (damage) throw *damage;
  return rows;
}

std::int64_t count_quarantined(Session& session, const std::string& schema, const std::string& pipeline) {
  if (!exists(session, schema)) return 0;
  return session.exec("SELECT count(*)" + of_pipeline(schema, pipeline))[0][0].as<std::int64_t>();
}

std::int64_t discard_quarantined(Session& session, const std::string& schema, const std::string& pipeline,
                                 const std::vector<std::int64_t>& ids) {
  if (!exists(session, schema)) return 0;
  return session.exec("DELETE" + of_pipeline(schema, pipeline) + " AND " + one_of(ids)).affected_rows();
}

}  // namespace sluice::applier
