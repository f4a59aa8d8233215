#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"
#include "applier/server/state_fields.h"

/// The rows that Postgres refused and that are in quarantine, with their evidence: the reading side, and the
/// way to drop them. Throws ApplyError.
namespace sluice::applier {

/// One row of the table `quarantine` of the state schema.
struct QuarantinedRow {
  std::int64_t id = 0;
  std::string source_table;
  std::string key;        ///< as capture::encode() writes it
  std::string operation;  ///< write or delete
  std::string columns;    ///< the names of the columns, encoded like a key; only where images were asked for
  std::string image;      ///< the row's values, encoded like a key; empty for a delete
  std::string code;
  std::string sqlstate;  ///< empty for a refusal of our own
  std::string message;
  std::string column;      ///< where known
  std::string constraint;  ///< where known
  std::int64_t position = 0;
  std::string first_at;  ///< RFC 3339, UTC
  std::string last_at;   ///< RFC 3339, UTC
  std::int64_t attempts = 0;
};

/// Which of a pipeline's rows to read, and how much of them.
struct QuarantineSelection {
  std::vector<std::int64_t> ids{};  ///< these alone; empty: any
  std::int64_t after = 0;           ///< only those with a larger id
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  bool images = false;
};

/// Which rows are in quarantine: source table, and key as capture::encode() writes it.
std::set<std::pair<std::string, std::string>> quarantined_rows(Session& session, const StatePlace& place,
                                                               std::optional<ApplyError>& damage);

/// The rows of a pipeline by their id. None where there is no such table yet. Throws ApplyError
/// ("state_damaged") where they can't be what was written.
std::vector<QuarantinedRow> load_quarantine(Session& session, const std::string& schema,
                                            const std::string& pipeline,
                                            const QuarantineSelection& selection = {});

/// How many rows of a pipeline are in quarantine.
std::int64_t count_quarantined(Session& session, const std::string& schema, const std::string& pipeline);

/// Drops rows from the quarantine of a pipeline; they stay different on the server until they change again.
/// Answers how many there were.
std::int64_t discard_quarantined(Session& session, const std::string& schema, const std::string& pipeline,
                                 const std::vector<std::int64_t>& ids);

}  // namespace sluice::applier
