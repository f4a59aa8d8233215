#include "applier/design/schema_change.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace sluice::applier {
namespace {

using capture::SourceColumn;
using Columns = std::vector<SourceColumn>;
using Kind = ColumnChange::Kind;
using Changes = std::vector<ColumnChange>;

const Columns kBefore{{"id", "INTEGER"}, {"name", "TEXT"}, {"amount", "INTEGER", true}, {"code", "TEXT"}};

}  // namespace

TEST_CASE("columns that are as they were have not changed, whatever the case of their names") {
  CHECK(column_changes(kBefore, kBefore).empty());
  CHECK(column_changes(kBefore,
                       {{"ID", "INTEGER"}, {"Name", "TEXT"}, {"amount", "INTEGER", true}, {"code", "TEXT"}})
            .empty());
}

TEST_CASE("another order of columns is no change") {
  CHECK(column_changes(kBefore, {kBefore[3], kBefore[0], kBefore[2], kBefore[1]}).empty());
}

TEST_CASE("a column of another name in the same place and of the same type was renamed") {
  CHECK(column_changes(kBefore, {kBefore[0], {"title", "TEXT"}, kBefore[2], {"sku", "TEXT"}}) ==
        Changes{{Kind::renamed, "name", "title"}, {Kind::renamed, "code", "sku"}});
  CHECK(column_changes(kBefore, {{"key", "INTEGER"}, kBefore[1], kBefore[2], kBefore[3]}) ==
        Changes{{Kind::renamed, "id", "key"}});
}

TEST_CASE("neighbours that are renamed together are told apart by their places") {
  CHECK(column_changes(kBefore, {kBefore[0], {"title", "TEXT"}, {"quantity", "INTEGER", true}, kBefore[3]}) ==
        Changes{{Kind::renamed, "name", "title"}, {Kind::renamed, "amount", "quantity"}});
}

TEST_CASE("a column of another type was not renamed") {
  CHECK(column_changes(kBefore, {kBefore[0], {"title", "BLOB"}, kBefore[2], kBefore[3]}) ==
        Changes{{Kind::dropped, "name", ""}, {Kind::added, "", "title"}});
}

TEST_CASE("a column that is gone was dropped, one more was added") {
  CHECK(column_changes(kBefore, {kBefore[0], kBefore[2], kBefore[3], {"note", "TEXT"}}) ==
        Changes{{Kind::dropped, "name", ""}, {Kind::added, "", "note"}});
  CHECK(column_changes(kBefore, {kBefore[0]}) ==
        Changes{{Kind::dropped, "name", ""}, {Kind::dropped, "amount", ""}, {Kind::dropped, "code", ""}});
}

TEST_CASE("a name that another column takes over is no rename of that column") {
  CHECK(column_changes(kBefore, {kBefore[0], kBefore[1], kBefore[2], {"note", "TEXT"}, {"code", "TEXT"}}) ==
        Changes{{Kind::added, "", "note"}});
}

TEST_CASE("types and NULL change by themselves or with the name") {
  CHECK(column_changes(kBefore,
                       {kBefore[0], {"name", "TEXT", true}, {"amount", "REAL"}, {"sku", "TEXT", true}}) ==
        Changes{{Kind::renamed, "code", "sku"},
                {Kind::made_required, "name", "name"},
                {Kind::retyped, "amount", "amount"},
                {Kind::made_nullable, "amount", "amount"},
                {Kind::made_required, "code", "sku"}});
}

TEST_CASE("what is remembered of a table is read as it was written, whatever its names hold") {
  const RememberedTable table{
      7,
      "0a1b2c3d",
      {{"id", "INTEGER", true}, {"a b'\"\xff", ""}, {std::string("nul\0", 4), "DECIMAL(10, 2)"}}};
  const auto read = read_remembered(to_string(table));
  REQUIRE(read);
  CHECK(read->id == 7);
  CHECK(read->rule == "0a1b2c3d");
  CHECK(same_columns(read->columns, table.columns));
  CHECK(read->columns.at(0).not_null);
  CHECK_FALSE(read->columns.at(1).not_null);
  CHECK_FALSE(read_remembered(""));
  for (const char* other : {"i7", "t00 i7", "i7 t00 t00", "i7 t00 t00 t00 t00", "nonsense"})
    CHECK_THROWS_AS((void)read_remembered(other), std::invalid_argument);
}

}  // namespace sluice::applier
