#pragma once

#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"
#include "applier/server/target_table.h"

/// Which pipeline a table of the server belongs to. Two that wrote to the same one would overwrite and delete
/// each other's rows, each of them well in its own eyes.
namespace sluice::applier {

/// Another pipeline's claim that is in the way of ours.
struct Claim {
  std::string table;        ///< ours, in the source
  std::string target;       ///< as people read it
  std::string schema;       ///< the state schema that remembers the pipeline
  std::string pipeline;     ///< whose it is
  std::string claimed;      ///< what it writes to: the same table, or one that has rows in common with it
  std::string path;         ///< its source
  std::string last_commit;  ///< RFC 3339, UTC; empty where it has written nothing yet
};

/// Those of other pipelines on these tables, on partitions, children, parents or views of them, in every
/// state schema that the role may read. A pipeline that has ended claims nothing.
std::vector<Claim> claims_in_the_way(Session& session, const std::string& schema, const std::string& pipeline,
                                     const std::vector<TargetTable>& tables);

/// Nobody else claims anything until the transaction ends.
void lock_claims(Session& session);

/// target_owned: whose it is, and what helps.
ApplyError target_owned(const Claim& claim);

}  // namespace sluice::applier
