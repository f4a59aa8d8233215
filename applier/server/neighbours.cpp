#include "applier/server/neighbours.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

std::string list_of(const std::vector<unsigned>& oids) {
  std::vector<std::string> texts;
  for (const unsigned oid : oids) texts.push_back(std::to_string(oid));
  return "ARRAY[" + join(texts, ",") + "]::oid[]";
}

std::string list_of(const std::vector<TargetTable>& tables) {
  std::vector<unsigned> oids;
  for (const auto& table : tables) oids.push_back(table.oid);
  return list_of(oids);
}

}  // namespace

std::vector<FiringTrigger> triggers_firing_in_replica_mode(Session& session,
                                                           const std::vector<TargetTable>& tables) {
  std::vector<FiringTrigger> found;
  const auto rows = session.exec(
      "SELECT tgrelid::regclass::text, quote_ident(tgname), tgenabled = 'A' FROM pg_catalog.pg_trigger"
      " WHERE NOT tgisinternal AND tgenabled IN ('A', 'R') AND tgrelid = ANY (" +
      list_of(tables) + ") ORDER BY 1, 2");
  for (const auto& row : rows)
    found.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<bool>()});
  return found;
}

std::vector<StrangersKey> keys_of_strangers(Session& session, const std::vector<TargetTable>& tables) {
  std::vector<StrangersKey> found;
  const std::string ours = list_of(tables);
  const auto rows = session.exec(
      "SELECT conrelid::regclass::text, confrelid::regclass::text, quote_ident(conname)"
      " FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 AND confrelid = ANY (" +
      ours + ") AND conrelid <> ALL (" + ours + ") ORDER BY 1, 2");
  for (const auto& row : rows)
    found.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>()});
  return found;
}

std::vector<std::string> unchecked_keys(Session& session, const TargetTable& table) {
  std::vector<std::string> found;
  const auto rows = session.exec(
      "SELECT quote_ident(conname) FROM pg_catalog.pg_constraint WHERE contype = 'f' AND NOT convalidated"
      " AND conrelid = " +
      std::to_string(table.oid) + " ORDER BY 1");
  for (const auto& row : rows) found.push_back(row[0].as<std::string>());
  return found;
}

std::vector<ChildKey> child_keys(Session& session, const std::string& schema,
                                 const std::vector<unsigned>& parents) {
  std::vector<ChildKey> found;
  const std::string list = list_of(parents);
  const auto rows = session.exec(
      "SELECT c.relname, k.conname FROM pg_catalog.pg_constraint k"
      " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid WHERE k.contype = 'f' AND k.conparentid = 0"
      " AND k.confrelid = ANY (" +
      list + ") AND k.conrelid <> ALL (" + list +
      ") AND c.relnamespace = " + quote_literal(quote_name(schema)) + "::regnamespace ORDER BY 1, 2");
  for (const auto& row : rows) found.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
  return found;
}

}  // namespace sluice::applier
