#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "capture/change.h"

/// Rows that Postgres, or a rule of conversion, does not let in.
namespace sluice::applier {

/// A row by its source table's name and its key as capture::encode() writes it.
using RowName = std::pair<std::string, std::string>;

/// A row that can't be written as it is, with the evidence.
struct Refusal {
  RowName
      row;  ///< without a key: a row that only the target has, under a key that the source has no form for
  bool gone = false;                 ///< it is its deletion that is refused
  std::vector<std::string> columns;  ///< names of the image's values
  capture::Row image;                ///< what was to be written; empty where gone
  ApplyError error;                  ///< names table, key, and column and constraint where known
};

/// Which refused rows are put into the quarantine, and do not stop the batch. Never those whose table is at
/// fault.
struct Tolerance {
  bool everything = false;        ///< the owner has chosen so
  std::set<RowName> quarantined;  ///< these are there already
  std::set<RowName> skipped;      ///< a person has said so

  bool covers(const Refusal& refusal) const;
};

/// Every refused row stops the batch.
inline const Tolerance kNoTolerance{};

/// What became of the refused rows of a batch that was committed.
struct QuarantineMoves {
  std::vector<RowName> refused;   ///< now in the quarantine
  std::vector<RowName> resolved;  ///< no longer in it
};

/// So many refusals speak of the table, not of its rows: it halts whatever the tolerance.
bool is_beyond_limit(std::size_t refused, std::size_t rows);
ApplyError beyond_refusal_limit(std::size_t refused, std::size_t rows, const ApplyError& first);

/// The statement that puts a refused row into the quarantine, or renews what is known of it there.
std::string quarantine_sql(const Session& session, const std::string& schema, const std::string& pipeline,
                           const Refusal& refusal, capture::Position position);

/// The statement that takes rows out of the quarantine which have been brought over.
std::string resolve_sql(const std::string& schema, const std::string& pipeline,
                        const std::vector<RowName>& rows);

}  // namespace sluice::applier
