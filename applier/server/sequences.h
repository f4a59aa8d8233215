#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"

/// The sequences of the target: identity and serial columns, and defaults that take from one. While rows are
/// replicated nobody asks them for a number; who writes to Postgres afterwards does.
namespace sluice::applier {

/// A sequence behind a column that rows are replicated to.
struct SequenceState {
  std::string name;       ///< quoted, qualified
  std::string table;      ///< as people read it
  std::string column;     ///< the first, where it serves several
  std::int64_t next = 0;  ///< the number that it gives out next
  bool advanced = false;  ///< by this call
};

/// The largest number that a source has given out, by its table, also to rows that are gone.
using GivenOut = std::map<std::string, std::int64_t>;

/// Moves every sequence behind the tables' columns past what their rows hold and the source has given out;
/// never back. Descending ones go down. Sequences are no part of a transaction: what is moved stays moved.
/// Throws ApplyError (table) where the role may not, or where a sequence ends before its rows do.
std::vector<SequenceState> advance_sequences(Session& session, const std::vector<TargetTable>& tables,
                                             const GivenOut& given_out);

}  // namespace sluice::applier
