#pragma once

#include <optional>
#include <string>
#include <vector>

#include "applier/server/target_table.h"
#include "applier/values/convert.h"
#include "applier/write/refusal.h"
#include "capture/change.h"

/// Captured rows in the form in which Postgres reads them. Pure.
namespace sluice::applier {

/// A row as text, one entry a column of TargetTable::columns; nothing is NULL.
using TextRow = std::vector<std::optional<std::string>>;

/// A key as text, one entry a column of TargetTable::key.
using TextKey = std::vector<std::string>;

/// The rows of one table to write and the keys to delete. No key is in both. Points into the captured
/// changes, which have to live as long.
struct TableWrite {
  const TargetTable* table = nullptr;
  std::vector<TextRow> upserts;
  std::vector<TextKey> deletes;
  std::vector<const capture::Row*> rows;  ///< what each upsert was converted from
  std::vector<const capture::Key*> gone;  ///< and each delete
  std::vector<Refusal> refused;           ///< rows that a rule of conversion does not let in
};

/// The values of a captured row's key.
capture::Key key_of(const capture::SourceTable& table, const capture::Row& row);

/// The names of a captured row's values.
std::vector<std::string> column_names(const capture::SourceTable& table);

/// A key as the target has it; nothing where the target can't hold it, and so has no row of that key.
std::optional<TextKey> target_key(const TargetTable& table, const capture::Key& key);

/// Converts one row. Throws ApplyError (row) that names table, key, column and rule.
TextRow convert_row(const TargetTable& table, const capture::Row& row, const TextPolicies& policies);

/// Converts rows that are all there.
TableWrite convert_rows(const TargetTable& table, const std::vector<capture::Row>& rows,
                        const TextPolicies& policies);

/// Converts the changes of one table. A delete whose converted key is also written is dropped: the source had
/// two spellings of what the target calls one key.
TableWrite convert_changes(const TargetTable& table, const capture::TableChanges& changes,
                           const TextPolicies& policies);

/// One line of COPY's text format, with the newline.
void append_copy_line(std::string& lines, const std::vector<const std::optional<std::string>*>& fields);

}  // namespace sluice::applier
