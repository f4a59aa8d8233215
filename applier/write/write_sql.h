#pragma once

#include <optional>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "applier/write/table_write.h"

/// The statements that bring a table to its new state, and their order. Pure: text in, text out.
namespace sluice::applier {

/// What is to become of one table, as relations to select from: literal rows, or a stage filled by COPY.
struct WriteSource {
  const TargetTable* table = nullptr;
  std::string upserts;  ///< "(...) AS s(columns...)", empty where nothing is to be written
  std::string deletes;  ///< "(...) AS s(key columns...)", empty where nothing is to be deleted
};

/// A statement and the table it writes, for the message when it is refused.
struct Statement {
  const TargetTable* table = nullptr;
  std::string sql;
};

/// Rows and keys as literals.
WriteSource literal_source(const TableWrite& write);

/// All statements in an order in which no constraint is broken that the source kept.
/// Replica mode enforces no foreign key: all deletes, then all upserts. Ordinary mode: upserts parents first,
/// then deletes children first, each behind a guard against the server's own cascades; tables that nothing
/// points at are deleted from at the start, which frees their unique values. `tables` come parents first.
std::vector<Statement> ordered_statements(const std::vector<WriteSource>& tables, ApplyMode mode,
                                          const std::string& state_schema);

/// "t.a = s.a AND t.b = s.b" over the key columns.
std::string key_join(const TargetTable& table, const std::string& left, const std::string& right);

/// "ROW(t.a,t.b)::record *<> ROW(s.a,s.b)::record": the images differ. Tells 1.0 from 1.00 and knows json,
/// which `=` does not. Of all columns that are written, or of some of them.
std::string images_differ(const TargetTable& table);
std::string images_differ(const TargetTable& table, const std::vector<std::string>& columns);

/// Whether rows of the action's child can be rows of this table: it is the child, a part of it, or holds it.
bool shares_rows(const TargetTable& table, const IncomingAction& action);

/// " AND c.tableoid IN (...)" where the child of the action, as c, has rows beside those of this table, which
/// shares_rows() with it; else empty.
std::string only_rows_of(const TargetTable& table, const IncomingAction& action);

/// "c.p=t.id": the row `child` points at the row t by the foreign key.
std::string points_at(const IncomingAction& action, const std::string& child);

/// "t.u IS DISTINCT FROM s.u": what the foreign key points at changes; empty where it is not written.
std::string reference_changes(const TargetTable& table, const IncomingAction& action);

/// "a=s.a,b=s.b" over the columns outside the key; empty where there are none.
std::string update_set(const TargetTable& table);

/// "INSERT INTO t (a,b)", whatever the server would number by itself.
std::string insert_into(const TargetTable& table, const std::vector<std::string>& columns);

/// For replica mode, in which the server does not check deferrable constraints: statements that raise 23505
/// where one of `rows`, a relation "(...) AS s", breaks one.
std::vector<std::string> duplicate_checks(const TargetTable& table, const std::string& rows,
                                          const std::string& state_schema);

}  // namespace sluice::applier
