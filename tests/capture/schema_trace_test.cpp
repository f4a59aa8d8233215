#include "capture/schema_trace.h"

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

TEST_CASE("a table that was rebuilt explains its own steps, and no more") {
  const std::string rebuild =
      "CREATE TABLE new_t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO new_t SELECT * FROM t; DROP VIEW seen;"
      "DROP TABLE t; ALTER TABLE new_t RENAME TO t; CREATE INDEX by_a ON t(a);"
      "CREATE TRIGGER noted AFTER INSERT ON t BEGIN SELECT 1; END; CREATE VIEW seen AS SELECT * FROM t;";
  CHECK_FALSE(suspicious(rebuild.substr(0, rebuild.find("CREATE INDEX")), {"t"}));
  CHECK(suspicious(rebuild + "CREATE UNIQUE INDEX x ON other(id); DROP INDEX x", {"t"}));
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
