#include "capture/install/schema_trace.h"

#include <doctest/doctest.h>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER); CREATE TABLE other(id INTEGER PRIMARY KEY);"
    "CREATE INDEX by_a ON t(a); CREATE TRIGGER noted AFTER INSERT ON t BEGIN SELECT 1; END;"
    "CREATE VIEW seen AS SELECT * FROM t";

/// Do these statements look like something that came and went?
bool suspicious(const std::string& statements, const std::set<std::string>& rebuilt = {}) {
  Sandbox sandbox(kSchema);
  const SchemaTrace before = schema_trace(sandbox.app());
  sandbox.run(statements);
  return something_came_and_went(before, schema_trace(sandbox.app()), rebuilt);
}

}  // namespace

TEST_CASE("what an application does to its schema once is no suspicion") {
  for (const std::string& statements : std::vector<std::string>{
           "SELECT 1", "VACUUM", "ANALYZE", "REINDEX", "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 5",
           "ALTER TABLE t ADD COLUMN b; ALTER TABLE t ADD COLUMN c; ALTER TABLE other ADD COLUMN d",
           "ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE t RENAME TO u",
           "DROP INDEX by_a; ALTER TABLE t DROP COLUMN a", "DROP TABLE t", "DROP VIEW seen",
           "DROP TRIGGER noted; DROP INDEX by_a",
           "CREATE TABLE more(id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE); CREATE INDEX m ON more(a)",
           "CREATE VIRTUAL TABLE f USING fts5(text)",
           "DROP TRIGGER noted; CREATE TRIGGER noted AFTER INSERT ON t BEGIN SELECT 2; END"}) {
    CAPTURE(statements);
    CHECK_FALSE(suspicious(statements));
  }
}

TEST_CASE("what was there for a time only is one") {
  for (const std::string& statements : std::vector<std::string>{
           "CREATE UNIQUE INDEX x ON t(a); DROP INDEX x",
           "ALTER TABLE t ADD COLUMN b; ALTER TABLE t DROP COLUMN b",
           "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE); END; DROP TRIGGER x",
           "CREATE TABLE x(a); DROP TABLE x; ALTER TABLE other ADD COLUMN b"}) {
    CAPTURE(statements);
    CHECK(suspicious(statements));
  }
}

TEST_CASE("it is not hidden by what happened beside it") {
  const std::string hidden = "CREATE UNIQUE INDEX x ON t(a); DROP INDEX x;";
  for (const std::string& beside : std::vector<std::string>{
           "ALTER TABLE other RENAME TO renamed", "ALTER TABLE other ADD COLUMN b", "DROP INDEX by_a",
           "CREATE TABLE more(id)", "DROP VIEW seen; DROP TABLE other"}) {
    CAPTURE(beside);
    CHECK(suspicious(hidden + beside));
  }
  CHECK(suspicious(hidden + "DROP TABLE other; CREATE TABLE other(id INTEGER PRIMARY KEY, z)", {"other"}));
}

TEST_CASE("a table that was rebuilt explains its own steps, and no more") {
  const std::string rebuild =
      "CREATE TABLE new_other(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO new_other SELECT *, 1 FROM other;"
      "DROP TABLE other; ALTER TABLE new_other RENAME TO other;";
  CHECK_FALSE(suspicious(rebuild, {"other"}));
  CHECK(suspicious(rebuild + "CREATE UNIQUE INDEX x ON t(a); DROP INDEX x", {"other"}));
}

TEST_CASE("a virtual table whose module only the application has is passed over") {
  Sandbox sandbox(
      "CREATE TABLE t(id INTEGER PRIMARY KEY); PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES("
      "'table', 'far', 'far', 0, 'CREATE VIRTUAL TABLE far USING nowhere(x)'); PRAGMA writable_schema = OFF");
  Source source(sandbox.options());
  source.install();
  CHECK(source.missing().empty());
}

TEST_CASE("a trace is read as it was stored, whatever the names") {
  Sandbox sandbox("CREATE TABLE \"a\nb 'c'\"(\"x\ty\" INTEGER PRIMARY KEY)");
  Source(sandbox.options()).install();
  const auto stored = stored_trace(sandbox.app());
  REQUIRE(stored);
  const SchemaTrace now = schema_trace(sandbox.app());
  CHECK(stored->version == now.version);
  CHECK(stored->objects == now.objects);
}

TEST_CASE("a changelog of format 1 is brought to the newer one, and nothing is copied again") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const std::string version = source.survey().tables.front().version;
  sandbox.run(
      "ALTER TABLE _sluice_meta DROP COLUMN schema; ALTER TABLE _sluice_meta DROP COLUMN schema_version;"
      "UPDATE _sluice_meta SET format = 1");
  CHECK(source.missing() == std::vector<std::string>{"_sluice_meta"});
  CHECK(source.install().unprotected.empty());
  CHECK(source.missing().empty());
  CHECK(source.survey().tables.front().version == version);
  CHECK(sandbox.number("SELECT format FROM _sluice_meta") == 2);
}

}  // namespace sluice::capture
