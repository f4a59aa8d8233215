#pragma once

#include <optional>
#include <string>
#include <vector>

#include "applier/convert.h"
#include "applier/target_table.h"
#include "capture/change.h"

/// Captured rows in the form in which Postgres reads them. Pure.
namespace sluice::applier {

/// A row as text, one entry a column of TargetTable::columns; nothing is NULL.
using TextRow = std::vector<std::optional<std::string>>;

/// A key as text, one entry a column of TargetTable::key.
using TextKey = std::vector<std::string>;

/// The rows of one table to write and the keys to delete. No key is in both.
struct TableWrite {
  const TargetTable* table = nullptr;
  std::vector<TextRow> upserts;
  std::vector<TextKey> deletes;
};

/// Converts one row. Throws ApplyError (row) that names table, key, column and rule.
TextRow convert_row(const TargetTable& table, const capture::Row& row, const TextPolicies& policies);

/// Converts the changes of one table. A delete whose converted key is also written is dropped: the source had
/// two spellings of what the target calls one key.
TableWrite convert_changes(const TargetTable& table, const capture::TableChanges& changes,
                           const TextPolicies& policies);

/// The key of a converted row for people: `7` or `(1, 'a')`.
std::string shown_key(const TargetTable& table, const TextRow& row);

/// One line of COPY's text format, with the newline.
void append_copy_line(std::string& lines, const std::vector<const std::optional<std::string>*>& fields);

}  // namespace sluice::applier
