#include "applier/server/constraints.h"

#include <algorithm>

#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

/// A table that somebody else keeps locked is not waited for any longer.
constexpr const char* kWaitBriefly = "SET LOCAL lock_timeout = '10s';";

struct Unvalidated {
  unsigned table = 0;  ///< oid
  std::string name;
};

std::vector<Unvalidated> unvalidated(Session& session, const std::vector<TargetTable>& tables) {
  std::vector<Unvalidated> found;
  if (tables.empty()) return found;
  std::vector<std::string> oids;
  for (const auto& table : tables) oids.push_back(std::to_string(table.oid));
  const auto rows = session.exec(
      "SELECT conrelid::bigint, conname FROM pg_catalog.pg_constraint WHERE NOT convalidated AND contype IN "
      "('f', 'c') AND conrelid IN (" +
      join(oids, ",") + ") ORDER BY 1, 2");
  for (const auto& row : rows) found.push_back({row[0].as<unsigned>(), row[1].as<std::string>()});
  return found;
}

}  // namespace

std::vector<ConstraintState> validate_constraints(Session& session, const std::vector<TargetTable>& tables) {
  std::vector<ConstraintState> states;
  for (const auto& [oid, name] : unvalidated(session, tables)) {
    const auto& table = *std::find_if(tables.begin(), tables.end(),
                                      [oid = oid](const auto& each) { return each.oid == oid; });
    const std::string statement =
        "ALTER TABLE " + table.name + " VALIDATE CONSTRAINT " + quote_name(name) + ";";
    ConstraintState state{name, table.display_name, "", ""};
    try {
      Transaction transaction(session);
      session.exec(kWaitBriefly + statement);
      transaction.commit();
    } catch (const ApplyError& refused) {
      if (refused.lost_connection()) throw;
      state.reason = refused.what();
      state.remedy = statement;
    }
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace sluice::applier
