#pragma once

#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"

/// What stands around the tables of the target and acts on their rows, or is acted on. Names are as the
/// server writes them in SQL.
namespace sluice::applier {

/// A trigger of the server's own that fires when this session writes: in replica mode one that is ENABLE
/// ALWAYS or REPLICA, in ordinary mode any that is enabled.
struct FiringTrigger {
  std::string table;
  std::string name;
  std::string function;   ///< public.touch()
  bool always = false;    ///< ENABLE ALWAYS
  bool rewrites = false;  ///< may change a row that is written: BEFORE it, for each row
};

std::vector<FiringTrigger> firing_triggers(Session& session, const std::vector<TargetTable>& tables);

/// A foreign key that points at a table from one that is none of them.
struct StrangersKey {
  std::string child;
  std::string parent;
  std::string name;
};

std::vector<StrangersKey> keys_of_strangers(Session& session, const std::vector<TargetTable>& tables);

/// The foreign keys of a table that are NOT VALID.
std::vector<std::string> unchecked_keys(Session& session, const TargetTable& table);

/// A foreign key of a table of the schema, both as the catalog has them.
struct ChildKey {
  std::string table;
  std::string name;
};

/// The foreign keys by which other tables of the schema point at these tables, by their oids.
std::vector<ChildKey> child_keys(Session& session, const std::string& schema,
                                 const std::vector<unsigned>& parents);

}  // namespace sluice::applier
