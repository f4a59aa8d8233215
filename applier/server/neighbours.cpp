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

std::vector<FiringTrigger> firing_triggers(Session& session, const std::vector<TargetTable>& tables) {
  std::vector<unsigned> oids;
  for (const auto& table : tables) oids.insert(oids.end(), table.below.begin(), table.below.end());
  const std::string here = session.mode() == ApplyMode::replica ? "'R'" : "'O'";
  std::vector<FiringTrigger> found;
  // Of its type, bit 1 says that it is for each row, 2 before, 4 insert, 16 update. Partitions have copies of
  // what is told of the table above them.
  const auto rows = session.exec(
      "SELECT format('%I.%I', tn.nspname, c.relname), quote_ident(t.tgname),"
      " format('%I.%I()', fn.nspname, p.proname), t.tgenabled = 'A',"
      " t.tgtype & 3 = 3 AND t.tgtype & 20 <> 0"
      " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
      " JOIN pg_catalog.pg_namespace tn ON tn.oid = c.relnamespace"
      " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
      " JOIN pg_catalog.pg_namespace fn ON fn.oid = p.pronamespace"
      " WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled IN ('A', " +
      here + ") AND t.tgrelid = ANY (" + list_of(oids) + ") ORDER BY 1, 2");
  for (const auto& row : rows)
    found.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                     row[3].as<bool>(), row[4].as<bool>()});
  return found;
}

std::vector<StrangersKey> keys_of_strangers(Session& session, const std::vector<TargetTable>& tables) {
  std::vector<StrangersKey> found;
  const std::string ours = list_of(tables);
  const auto rows = session.exec(
      "WITH ours AS (SELECT oid FROM unnest(" + ours + ") oid UNION SELECT a.relid FROM unnest(" + ours +
      ") oid, LATERAL pg_catalog.pg_partition_ancestors(oid) a UNION SELECT p.relid FROM unnest(" + ours +
      ") oid, LATERAL pg_catalog.pg_partition_tree(oid) p)"
      " SELECT conrelid::regclass::text, confrelid::regclass::text, quote_ident(conname)"
      " FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0"
      " AND confrelid IN (SELECT oid FROM ours) AND conrelid NOT IN (SELECT oid FROM ours) ORDER BY 1, 2");
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
