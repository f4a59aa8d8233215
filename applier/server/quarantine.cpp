#include "applier/server/quarantine.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

/// Before its first connection a pipeline has no state schema, and one of an older format has no quarantine.
bool exists(Session& session, const std::string& schema) {
  return session
      .exec("SELECT to_regclass(" + quote_literal(quote_name(schema, "quarantine")) + ") IS NOT NULL")[0][0]
      .as<bool>();
}

std::string utc(const std::string& column) {
  return "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
}

std::string one_of(const std::vector<std::int64_t>& ids) {
  std::vector<std::string> numbers;
  for (const std::int64_t id : ids) numbers.push_back(std::to_string(id));
  return "id = ANY ('{" + join(numbers, ",") + "}'::bigint[])";
}

std::string of_pipeline(const std::string& schema, const std::string& pipeline) {
  return " FROM " + quote_name(schema, "quarantine") + " WHERE pipeline = " + quote_literal(pipeline);
}

QuarantinedRow row_from(const pqxx::row& row) {
  return {.id = row[0].as<std::int64_t>(),
          .source_table = row[1].as<std::string>(),
          .key = row[2].as<std::string>(),
          .operation = row[3].as<std::string>(),
          .columns = row[4].as<std::string>(),
          .image = row[5].as<std::string>(),
          .code = row[6].as<std::string>(),
          .sqlstate = row[7].as<std::string>(),
          .message = row[8].as<std::string>(),
          .column = row[9].as<std::string>(),
          .constraint = row[10].as<std::string>(),
          .position = row[11].as<std::int64_t>(),
          .first_at = row[12].as<std::string>(),
          .last_at = row[13].as<std::string>(),
          .attempts = row[14].as<std::int64_t>()};
}

}  // namespace

std::vector<QuarantinedRow> load_quarantine(Session& session, const std::string& schema,
                                            const std::string& pipeline,
                                            const QuarantineSelection& selection) {
  if (!exists(session, schema)) return {};
  const std::string chosen = selection.ids.empty() ? "" : " AND " + one_of(selection.ids);
  const auto found = session.exec(
      "SELECT id, source_table, key, operation," +
      std::string(selection.images ? "columns, image" : "'', ''") +
      ", code, sqlstate, message, column_name, constraint_name, position," + utc("first_at") + "," +
      utc("last_at") + ", attempts" + of_pipeline(schema, pipeline) + " AND id > " +
      std::to_string(selection.after) + chosen + " ORDER BY id LIMIT " + std::to_string(selection.limit));
  std::vector<QuarantinedRow> rows;
  for (const auto& row : found) rows.push_back(row_from(row));
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
