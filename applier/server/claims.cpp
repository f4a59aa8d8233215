#include "applier/server/claims.h"

#include <algorithm>

#include "applier/server/state_fields.h"
#include "applier/values/identifiers.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

/// The state schemas that the role may read, of whatever pipelines; without those that somebody has damaged.
constexpr const char* kStateSchemas =
    "SELECT n.nspname FROM pg_catalog.pg_namespace n"
    " JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = 'table_copy'"
    " JOIN pg_catalog.pg_class p ON p.relnamespace = n.oid AND p.relname = 'pipeline'"
    " WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " AND pg_catalog.has_table_privilege(t.oid, 'SELECT')"
    " AND pg_catalog.has_table_privilege(p.oid, 'SELECT')"
    " AND (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid"
    " AND a.attname IN ('pipeline', 'target') AND a.atttypid = 'text'::regtype) = 2"
    " AND (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = p.oid"
    " AND (a.attname IN ('name', 'source_path') AND a.atttypid = 'text'::regtype"
    " OR a.attname IN ('finished_at', 'last_commit_at') AND a.atttypid = 'timestamptz'::regtype)) = 4";

std::string claims_sql(const std::string& schema) {
  return "SELECT " + quote_literal(schema) + ", p.name, t.target, p.source_path, coalesce(" +
         utc_sql("p.last_commit_at") + ", '') FROM " + quote_name(schema, "table_copy") + " t JOIN " +
         quote_name(schema, "pipeline") + " p ON p.name = t.pipeline WHERE p.finished_at IS NULL";
}

std::string wanted_sql(const std::vector<TargetTable>& tables) {
  std::vector<std::string> rows;
  for (const auto& table : tables) rows.push_back("(" + std::to_string(table.oid) + "::oid)");
  return join(rows, ", ");
}

}  // namespace

std::vector<Claim> claims_in_the_way(Session& session, const std::string& schema, const std::string& pipeline,
                                     const std::vector<TargetTable>& tables) {
  if (tables.empty()) return {};
  std::vector<std::string> claims;
  for (const auto& row : session.exec(kStateSchemas)) claims.push_back(claims_sql(row[0].as<std::string>()));
  if (claims.empty()) return {};
  const auto rows = session.exec(replace_each(
      sql::claim_conflicts,
      {{"@claims@", join(claims, " UNION ALL ")},
       {"@schema_as_text@", quote_literal(schema)},
       {"@pipeline@", quote_literal(pipeline)},
       {"@quoted_table@", quoted_name_sql("n.nspname") + " || '.' || " + quoted_name_sql("c.relname")},
       {"@wanted@", wanted_sql(tables)}}));
  std::vector<Claim> found;
  for (const auto& row : rows) {
    const auto ours = std::ranges::find(tables, row[0].as<unsigned>(), &TargetTable::oid);
    found.push_back({ours->source.name, ours->display_name, row[1].as<std::string>(),
                     row[2].as<std::string>(), row[3].as<std::string>(), row[4].as<std::string>(),
                     row[5].as<std::string>()});
  }
  return found;
}

void lock_claims(Session& session) {
  session.exec("SELECT pg_advisory_xact_lock(hashtext('sluice claims'))");
}

ApplyError target_owned(const Claim& claim) {
  const std::string written =
      claim.last_commit.empty() ? "has written nothing yet" : "wrote last at " + claim.last_commit;
  ApplyError error(Fault::table, "table " + claim.target + " belongs to pipeline '" + claim.pipeline +
                                     "' of " + claim.path + ", which writes to " + claim.claimed + " and " +
                                     written + " (state schema " + claim.schema + ")");
  error.code = "target_owned";
  error.table = claim.table;
  error.hint = "give this pipeline tables of its own: target.schema, or tables.rules." + claim.table +
               ".target; where that pipeline is to run no more: sluicectl uninstall --target " +
               claim.pipeline + " with its configuration, or without any: DELETE FROM " +
               quote_name(claim.schema, "pipeline") + " WHERE name = " + quote_literal(claim.pipeline) + ";";
  return error;
}

}  // namespace sluice::applier
