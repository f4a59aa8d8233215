#include "applier/server/schemas.h"

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

struct Place {
  bool there = false;
  bool may_make = false;
  std::string grant;
};

Place place_of(Session& session, const std::string& schema) {
  const auto row = session.exec("SELECT to_regnamespace(" + quote_literal(quote_name(schema)) +
                                ") IS NOT NULL, has_database_privilege(current_database(), 'CREATE'), "
                                "quote_ident(current_database())")[0];
  return {row[0].as<bool>(), row[1].as<bool>(),
          "GRANT CREATE ON DATABASE " + row[2].as<std::string>() + " TO " + session.role() + ";"};
}

}  // namespace

void make_schema(Session& session, const std::string& schema) {
  const Place place = place_of(session, schema);
  if (place.there) return;
  try {
    session.exec("CREATE SCHEMA " + quote_name(schema));
  } catch (ApplyError& error) {
    if (error.sqlstate == "42501") error.hint = place.grant;
    throw;
  }
}

std::optional<std::string> missing_right_to_make(Session& session, const std::string& schema) {
  Place place = place_of(session, schema);
  if (place.there || place.may_make) return std::nullopt;
  return std::move(place.grant);
}

std::optional<std::string> missing_right_to_fill(Session& session, const std::string& schema) {
  if (auto grant = missing_right_to_make(session, schema)) return grant;
  const std::string name = quote_name(schema);
  const auto row = session.exec("SELECT to_regnamespace(" + quote_literal(name) + ") IS NULL OR (" +
                                "has_schema_privilege(to_regnamespace(" + quote_literal(name) +
                                "), 'USAGE') AND has_schema_privilege(to_regnamespace(" +
                                quote_literal(name) + "), 'CREATE'))")[0];
  if (row[0].as<bool>()) return std::nullopt;
  return "GRANT USAGE, CREATE ON SCHEMA " + name + " TO " + session.role() + ";";
}

std::optional<std::string> stranger_in(Session& session, const std::string& state_schema) {
  const auto rows = session.exec(
      "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_catalog.pg_class WHERE relnamespace ="
      " to_regnamespace(" +
      quote_literal(quote_name(state_schema)) +
      ") AND relkind = 'r' AND relname IN ('format', 'pipeline') AND NOT pg_has_role(relowner, 'USAGE')"
      " ORDER BY relname LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::string>();
}

}  // namespace sluice::applier
