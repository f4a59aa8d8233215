#pragma once

#include <map>
#include <string>

#include "applier/design/table_design.h"
#include "applier/server/session.h"

/// Indexes that Sluice has made on a table of the target. Each carries a mark of its DDL, so that one which
/// is to be another by now, or to go, is told from the owner's.
namespace sluice::applier {

/// What an index made for this design is marked by.
std::string index_mark(const TableDesign& table, const DesignedIndex& index);

/// Makes an index with its mark.
std::string make_index_sql(const TableDesign& table, const DesignedIndex& index);

/// The names of the table's indexes that Sluice has made, each with its mark.
std::map<std::string, std::string> made_indexes(Session& session, const TableDesign& table);

/// Who has a name that an index of the table wants.
enum class NameHolder { nobody, index_of_the_table, another };

NameHolder holder_of(Session& session, const TableDesign& table, const std::string& name);

}  // namespace sluice::applier
