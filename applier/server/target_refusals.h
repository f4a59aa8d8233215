#pragma once

#include <string>

#include "applier/server/apply_error.h"
#include "applier/server/server_table.h"
#include "applier/server/target_table.h"

/// Why a table of the server can't be a target, each with what makes it one. All are table faults.
namespace sluice::applier {

/// A fault of the table of `source`, with its stable code and its remedy.
ApplyError table_fault(const capture::SourceTable& source, const char* code, const std::string& message,
                       const std::string& hint);

/// Throws where nothing can be written to it row by row, or not by this role, or where what is written would
/// not arrive: no table, rules, row-level security, missing rights.
void refuse_unwritable(const Session& session, const TargetOptions& options, const TargetTable& table,
                       const ServerTable& server);

/// Throws where every insert would be refused for want of a value, and no trigger may give it one.
void refuse_required(const TargetTable& table, const ServerTable& server);

/// Throws where a column outside the key never takes a new value: GENERATED ALWAYS AS IDENTITY.
void refuse_fixed(const TargetTable& table, const TargetColumn& column);

/// Throws where a table has more columns than Sluice can write and compare: a stage has three of its own.
void refuse_too_many_columns(const capture::SourceTable& source);

}  // namespace sluice::applier
