#include "applier/write/refusal.h"

#include "applier/values/identifiers.h"
#include "text/outlet.h"

namespace sluice::applier {
namespace {

capture::Row as_texts(const std::vector<std::string>& names) {
  capture::Row row;
  for (const auto& name : names) row.emplace_back(capture::Text{name});
  return row;
}

}  // namespace

bool Tolerance::covers(const Refusal& refusal) const {
  if (refusal.error.fault != Fault::row || refusal.row.second.empty()) return false;
  return everything || quarantined.contains(refusal.row) || skipped.contains(refusal.row);
}

bool is_beyond_limit(std::size_t refused, std::size_t rows) {
  constexpr std::size_t kMost = 1000;
  constexpr std::size_t kMostPercent = 1;
  constexpr std::size_t kFewRows = 10;  // a percentage says nothing of a handful
  return refused > kMost || (refused > kFewRows && refused * 100 > rows * kMostPercent);
}

ApplyError beyond_refusal_limit(std::size_t refused, std::size_t rows, const ApplyError& first) {
  ApplyError error = first.in_words(std::to_string(refused) + " of " + std::to_string(rows) +
                                    " rows of table '" + first.table + "' are refused, the first: ");
  error.code = "too_many_refused";
  error.hint = "so many speak of the table on the server and not of its rows: " + first.hint;
  return error;
}

std::string quarantine_sql(const Session& session, const std::string& schema, const std::string& pipeline,
                           const Refusal& refusal, capture::Position position) {
  const auto& error = refusal.error;
  const auto told = [&](const std::string& text) {
    return quote_literal(session.holds_every_character() ? text::harmless(text) : text::in_ascii(text));
  };
  const std::string evidence = join({quote_literal(refusal.gone ? "delete" : "write"),
                                     quote_literal(capture::encode(as_texts(refusal.columns))),
                                     quote_literal(capture::encode(refusal.image)), quote_literal(error.code),
                                     quote_literal(error.sqlstate), told(error.what()), told(error.column),
                                     told(error.constraint), std::to_string(position.value)},
                                    ",");
  const std::string names =
      "operation, columns, image, code, sqlstate, message, column_name, constraint_name, position";
  return "INSERT INTO " + quote_name(schema, "quarantine") + " AS q (pipeline, source_table, key, " + names +
         ") VALUES (" + quote_literal(pipeline) + "," + quote_literal(refusal.row.first) + "," +
         quote_literal(refusal.row.second) + "," + evidence +
         ") ON CONFLICT (pipeline, source_table, key) DO UPDATE SET (" + names + ", last_at, attempts) = (" +
         evidence +
         // A count that somebody has written there must not keep the row out.
         ", pg_catalog.clock_timestamp(), least(coalesce(q.attempts, 0), 1 << 30) + 1);";
}

std::string resolve_sql(const std::string& schema, const std::string& pipeline,
                        const std::vector<RowName>& rows) {
  std::vector<std::string> names;
  for (const auto& [table, key] : rows)
    names.push_back("(" + quote_literal(table) + "," + quote_literal(key) + ")");
  return "DELETE FROM " + quote_name(schema, "quarantine") + " WHERE pipeline = " + quote_literal(pipeline) +
         " AND (source_table, key) IN (" + join(names, ",") + ");";
}

}  // namespace sluice::applier
