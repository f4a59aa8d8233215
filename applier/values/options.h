#pragma once

#include <chrono>
#include <string>

#include "applier/values/table_rule.h"

/// What a pipeline's owner can choose about the Postgres side.
namespace sluice::applier {

enum class ExistingRows { refuse, merge, replace };
enum class Identifiers { preserve, lower, snake };
enum class TextPolicy { error, strip, replace };

/// How to reach one schema of one Postgres database and what to do there.
struct TargetOptions {
  std::string pipeline;  ///< name of the pipeline: the key of its state
  std::string url;       ///< libpq URL or keyword string
  std::string password_file;
  std::string schema = "public";
  std::string state_schema = "sluice";
  bool create_tables = true;
  Identifiers identifiers = Identifiers::preserve;
  ExistingRows existing_rows = ExistingRows::refuse;
  TextPolicy nul = TextPolicy::error;
  TextPolicy invalid_utf8 = TextPolicy::error;
  TableRules rules;
  std::chrono::seconds connect_timeout{10};
  /// How long a statement may wait for a lock.
  std::chrono::milliseconds lock_timeout{30'000};
  /// How long it may take; 0: work in a transaction as long as it takes, what stands by itself a minute.
  std::chrono::milliseconds statement_timeout{0};
};

/// Where the source is: its identity as the target remembers it.
struct SourceIdentity {
  std::string id;    ///< Catalog::source_id
  std::string path;  ///< absolute
  std::string host;  ///< machine id, or source.host
  bool operator==(const SourceIdentity&) const = default;
};

}  // namespace sluice::applier
