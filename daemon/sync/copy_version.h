#pragma once

#include <string>

#include "applier/server/target_table.h"

/// What the copy of a table belongs to: another one means to copy it again. Pure.
namespace sluice::daemon {

/// In the place of a table's version: it is copied again because the ring has passed by.
inline constexpr const char* kAfterOverrun = "overrun";
/// The same, because the table's rule has changed: what is unknown then was left out by the owner.
inline constexpr const char* kAfterRule = "rule";

/// Words without '@' and '#', which part them where they are stored.
struct CopyVersion {
  std::string source;  ///< SourceTable::version
  std::string target;  ///< oid: a table that was dropped and made again is another one
  std::string name;    ///< of the target, in short
  std::string rule;    ///< of the table, in short
};

CopyVersion version_of(const applier::TargetTable& table, const applier::TableRule& rule);

/// The wishes for a table's columns and rows, in short; empty where there are none.
std::string rule_in_short(const applier::TableRule& rule);

std::string to_string(const CopyVersion& version);

/// The inverse; what is not there is empty.
CopyVersion read_copy_version(const std::string& text);

/// Have only the owner's wishes changed, so that no change was missed?
bool another_rule_alone(const CopyVersion& before, const CopyVersion& now);

/// Is it written to a table of another name?
bool another_name(const CopyVersion& before, const CopyVersion& now);

}  // namespace sluice::daemon
