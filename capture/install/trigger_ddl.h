#pragma once

#include <string>
#include <vector>

#include "capture/change.h"
#include "capture/schema/table_schema.h"

namespace sluice::capture {

/// A trigger with its text exactly as sqlite_schema keeps it.
struct TriggerDdl {
  std::string name;
  std::string sql;
};

/// The triggers that capture a table, in the order in which they have to be created. Pure: the same table and
/// number give the same text, which is how the installer knows its own triggers again. The table needs a key.
std::vector<TriggerDdl> trigger_ddl(const TableSchema& table, TableId id);

/// May OR REPLACE fill a key in by an expression that comes to something else each time? Then a trigger notes
/// the key after the update as well.
bool notes_filled_key(const TableSchema& table);

/// The name of the trigger that comes last and is the mark of a captured table.
std::string insert_trigger_name(TableId id);

}  // namespace sluice::capture
