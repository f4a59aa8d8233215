#pragma once

#include <string>
#include <vector>

#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"

namespace sluice::support {

/// Which table should hold the same rows on both sides.
struct TablePair {
  std::string source;  ///< name in SQLite
  std::string target;  ///< in Postgres, as SQL, e.g. "public.packages"; empty: the source's name, quoted
  std::vector<std::string> key;  ///< columns that tell rows apart
};

/// Compares two tables by value over the columns of the source, which must have the same names in the target.
/// One readable line a difference, at most twenty, and none where both are equal. Numbers are compared as
/// numbers, booleans as 0 and 1, bytea as hex, everything else as text (times in UTC).
std::vector<std::string> differences(SqliteFile& source, const PostgresCluster& cluster,
                                     const std::string& database, const TablePair& tables);

/// The same as one text, a line a difference.
std::string listed_differences(SqliteFile& source, const PostgresCluster& cluster,
                               const std::string& database, const TablePair& tables);

}  // namespace sluice::support
