#include "applier/server/schemas.h"

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

struct Place {
  bool there = false;
  bool may_make = false;
  bool may_fill = false;
  std::string grant;
};

Place place_of(Session& session, const std::string& schema) {
  const auto row = session.exec(
      "SELECT there IS NOT NULL, has_database_privilege(current_database(), 'CREATE'),"
      " coalesce(has_schema_privilege(there, 'USAGE') AND has_schema_privilege(there, 'CREATE'), false),"
      " quote_ident(current_database()) FROM to_regnamespace(" +
      quote_literal(quote_name(schema)) + ") AS there")[0];
  return {row[0].as<bool>(), row[1].as<bool>(), row[2].as<bool>(),
          "GRANT CREATE ON DATABASE " + row[3].as<std::string>() + " TO " + session.role() + ";"};
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
  Place place = place_of(session, schema);
  if (!place.there && !place.may_make) return std::move(place.grant);
  if (!place.there || place.may_fill) return std::nullopt;
  return "GRANT USAGE, CREATE ON SCHEMA " + quote_name(schema) + " TO " + session.role() + ";";
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
