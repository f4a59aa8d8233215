#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/values/options.h"
#include "applier/values/type_rule.h"
#include "capture/change.h"

namespace sluice::applier {

/// The row that Postgres holds for a pipeline: what has been applied, and from which source.
struct PipelineRow {
  SourceIdentity source;
  capture::Anchor applied;
  std::int64_t epoch = 0;      ///< raised by every commit: a fence beside the position
  bool whole = true;           ///< false inside a declared catch-up
  bool finished = false;       ///< cutover has ended this pipeline
  bool migrating = false;      ///< capture was taken out for a migration: every table is to be compared
  std::string last_commit_at;  ///< RFC 3339, UTC; empty before the first batch
};

/// What becomes of rows that only the target has, where a copy compares with the rows that were there.
enum class OnlyInTarget {
  unasked,  ///< the copy does not compare
  deleted,
  kept,
  refused,  ///< they end the copy
};

/// How a table is being brought over.
struct TableProgress {
  capture::CopyState copy;
  std::int64_t rows_copied = 0;
  std::string version;  ///< SourceTable::version that the copy belongs to
  bool ours = false;    ///< every row of the target table was written by this pipeline: it may be replaced
  OnlyInTarget only_in_target = OnlyInTarget::unasked;
  bool made = false;        ///< this pipeline has created the target table
  bool unfinished = false;  ///< indexes and foreign keys of a table that was made are still to come
  std::string columns;      ///< the source's table when it was last looked at, see RememberedTable
  std::map<std::string, TypeRule::Kind> units;  ///< what the numbers of its times count, by the source's
                                                ///< columns, as far as their rules leave it open
  std::string target;  ///< the table that is this pipeline's alone, quoted and qualified; empty: none yet
  std::string ddl;     ///< fingerprint of the DDL that the table was made by; behind a blank,
                       ///< of the indexes and foreign keys that were last followed

  /// The copy starts over, under this version; whose rows they are stays.
  void begin_anew(const std::string& under_version) {
    copy = {};
    only_in_target = OnlyInTarget::unasked;
    rows_copied = 0;
    version = under_version;
  }
};

/// Everything the target remembers of one pipeline.
struct StoredState {
  std::optional<PipelineRow> pipeline;          ///< nothing before the first start
  std::map<std::string, TableProgress> tables;  ///< by the source table's name
  /// The rows in quarantine: source table, and key as capture::encode() writes it.
  std::set<std::pair<std::string, std::string>> quarantined;
  /// Why all this can't be what was written; what of it can be read is there, the rest is nothing.
  std::optional<ApplyError> damage;
};

}  // namespace sluice::applier
