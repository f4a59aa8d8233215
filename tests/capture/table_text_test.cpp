#include "capture/schema/table_text.h"

#include <doctest/doctest.h>

#include "capture/read/details_reader.h"
#include "capture/schema/survey.h"

using namespace sluice::capture;

TEST_SUITE("table text") {
  TEST_CASE("checks, generated columns and deferral are found, whatever stands around them") {
    const auto text = read_create_table(
        "CREATE TABLE \"a (b\" ( id INTEGER PRIMARY KEY, /* CHECK (no) */\n"
        " \"check\" TEXT DEFAULT 'CHECK (no)' CHECK(\"check\" <> ')'),\n"
        " n INT DEFAULT (1 + (2)) CONSTRAINT positive CHECK ((n) > 0) REFERENCES p(id),\n"
        " g INT GENERATED ALWAYS AS (n * 2) STORED, h AS (g) ,\n"
        " FOREIGN KEY (n, g) REFERENCES q DEFERRABLE INITIALLY DEFERRED,"
        " FOREIGN KEY (n) REFERENCES r NOT DEFERRABLE INITIALLY DEFERRED\n"
        " CONSTRAINT \"both \"\"\" CHECK (n < 5 AND g < 5)) STRICT");
    REQUIRE(text.checks.size() == 3);
    CHECK(text.checks[0].expression == "\"check\" <> ')'");
    CHECK(text.checks[1].name == "positive");
    CHECK(text.checks[1].expression == "(n) > 0");
    CHECK(text.checks[2].name == "both \"");
    CHECK(text.generated == std::map<std::string, std::string>{{"g", "n * 2"}, {"h", "g"}});
    CHECK(text.deferred == std::vector<bool>{false, true, false});
  }

  TEST_CASE("a table is described with its indexes and foreign keys") {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(
        "CREATE TABLE p (a TEXT COLLATE NOCASE, b, PRIMARY KEY (a, b));"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT DEFAULT \"word\" UNIQUE, y, z DEFAULT "
        "CURRENT_TIMESTAMP,"
        " FOREIGN KEY (x, y) REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,"
        " FOREIGN KEY (z) REFERENCES missing);"
        "CREATE INDEX i ON t (y DESC, lower(x) COLLATE RTRIM) WHERE y > \"a\"");
    SourceTable table;
    table.name = "t";
    for (const char* name : {"id", "x", "y", "z"}) table.columns.push_back({name, "", false, false});
    const auto details = read_details(database, table);
    CHECK(details.columns[1].default_value == "'word'");
    CHECK(details.columns[3].default_value == "CURRENT_TIMESTAMP");
    REQUIRE(details.indexes.size() == 2);
    CHECK(details.indexes[0].constraint);
    CHECK(details.indexes[0].unique);
    const auto& index = details.indexes[1];
    CHECK(index.where == "y > 'a'");
    CHECK(index.terms[0].descending);
    CHECK(index.terms[1].expression == "lower(x)");
    CHECK(index.terms[1].collation == "rtrim");
    REQUIRE(details.foreign_keys.size() == 2);
    const auto& key = details.foreign_keys[0];
    CHECK(key.parent_columns == std::vector<std::string>{"a", "b"});
    CHECK(key.on_delete == "SET NULL");
    CHECK(key.on_update == "CASCADE");
    CHECK(key.deferred);
    CHECK(details.foreign_keys[1].parent_columns.empty());
    CHECK_FALSE(details.foreign_keys[1].deferred);
  }

  TEST_CASE("the same rows of a large table are looked at each time, from all over it") {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " INSERT INTO t SELECT i * 92233720368 FROM n; INSERT INTO t VALUES (-9223372036854775807)");
    SourceTable table;
    table.name = "t";
    table.columns.push_back({"id", "INTEGER", false, false});
    table.key = {0};
    table.key_is_rowid = true;
    table.key_collations = {"binary"};
    const auto looked_at = [&] {
      std::vector<std::int64_t> rows;
      sample_rows(database, table, [&](const Row& row) { rows.push_back(std::get<std::int64_t>(row[0])); });
      return rows;
    };
    const auto rows = looked_at();
    CHECK(rows == looked_at());
    CHECK(rows.size() >= 30'000);
    CHECK(rows.size() <= 41'000);
    CHECK(rows.back() > 90'000LL * 92233720368);
  }
}
