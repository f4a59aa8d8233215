#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/change.h"

/// What an application has done to its tables since they were last looked at, and how the server follows.
/// Pure.
namespace sluice::applier {

/// What of a source table is remembered, to tell later how it has changed.
struct RememberedTable {
  capture::TableId id = 0;
  std::string rule;  ///< the owner's wishes for it, in short: other wishes explain other columns
  std::vector<capture::SourceColumn> columns;  ///< `generated` is not kept
};

/// As TableProgress::columns holds it.
std::string to_string(const RememberedTable& table);

/// The inverse; nothing for an empty text. Throws std::invalid_argument on what to_string() does not write.
std::optional<RememberedTable> read_remembered(const std::string& text);

/// One thing that has become of a column.
struct ColumnChange {
  enum class Kind { renamed, dropped, added, retyped, made_nullable, made_required };
  Kind kind;
  std::string before;  ///< its name then; empty for one that was added
  std::string after;   ///< its name now; empty for one that was dropped
  bool operator==(const ColumnChange&) const = default;
};

/// From one list of columns to the next, in an order in which it can be done: names that are dropped may be
/// taken by others. A column of another name in the same place and of the same type is taken for a renamed
/// one. One that was dropped there and another one added look the same, which does no harm: the table is
/// compared row by row after every change.
std::vector<ColumnChange> column_changes(const std::vector<capture::SourceColumn>& before,
                                         const std::vector<capture::SourceColumn>& after);

/// Are these the columns of one and the same table, under whatever name?
bool same_columns(const std::vector<capture::SourceColumn>& one,
                  const std::vector<capture::SourceColumn>& other);

}  // namespace sluice::applier
