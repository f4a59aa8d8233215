// Tables as wide as SQLite makes them: the triggers name columns only where something depends on them.

#include <doctest/doctest.h>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

constexpr int kMostColumns = 2000;  // of a table, as SQLite is built

/// "id INTEGER PRIMARY KEY, c1, c2, ..." with `more` in place of the last columns; `taken` is their number.
std::string create_wide(int taken = 0, const std::string& more = "") {
  std::string sql = "CREATE TABLE wide(id INTEGER PRIMARY KEY";
  for (int i = 1; i < kMostColumns - taken; ++i) sql += ", c" + std::to_string(i);
  return sql + more + ")";
}

/// Writes that replace rows through whatever is unique about c1, c2 and c1999, each with a result of its own.
void write(Sandbox& sandbox) {
  sandbox.run(
      "INSERT INTO wide(id, c1, c2, c1990) VALUES(1, 'a', 1, 'x'), (2, 'b', 2, 'y'), (3, 'c', 3, 'z')");
  sandbox.run("REPLACE INTO wide(id, c1, c2) VALUES(4, 'A', 1)");
  sandbox.run("UPDATE OR REPLACE wide SET c1 = 'a', c2 = 1 WHERE id = 2");
  sandbox.run("UPDATE wide SET c1990 = c1990 || '!', id = id + 10 WHERE id = 3");
}

void check_capture(const std::string& schema, const std::string& survivors) {
  Sandbox sandbox(schema);
  Follower follower(sandbox.options());
  write(sandbox);
  CHECK(sandbox.text("SELECT group_concat(id, ' ') FROM wide") == survivors);
  follower.drain();
  CHECK(follower.equal());
  CHECK(follower.source.missing().empty());
  sandbox.run("DELETE FROM wide");
  follower.drain();
  CHECK(follower.equal());
}

}  // namespace

TEST_CASE("a table of 2,000 columns is captured") {
  check_capture(create_wide(), "1 2 4 13");
}

TEST_CASE("so is one with a unique column, a partial and an expression index") {
  check_capture(create_wide() + "; CREATE UNIQUE INDEX wide_c1 ON wide(c1 COLLATE NOCASE)", "2 13");
  check_capture(create_wide() + "; CREATE UNIQUE INDEX wide_c2 ON wide(c2) WHERE c1 > ''", "2 13");
  check_capture(create_wide() + "; CREATE UNIQUE INDEX wide_lower ON wide(lower(c1), c2)", "2 13");
}

TEST_CASE("so is one with a unique generated column, virtual or stored") {
  check_capture(create_wide(1, ", g UNIQUE AS (lower(c1) || c2)"), "2 13");
  check_capture(create_wide(1, ", g UNIQUE AS (lower(c1) || c2) STORED"), "2 13");
  check_capture(create_wide(2, ", f AS (lower(c1)), g UNIQUE AS (f || c2)"), "2 13");
}

TEST_CASE("so is one with a composite key and other unique indexes") {
  std::string schema = create_wide();
  const std::string id = "id INTEGER PRIMARY KEY";
  schema.replace(schema.find(id), id.size(), "id INTEGER UNIQUE");
  schema.insert(schema.size() - 1, ", PRIMARY KEY(c1, c2)");
  check_capture(schema + "; CREATE UNIQUE INDEX wide_c1 ON wide(lower(c1), c2)", "2 13");
}

}  // namespace sluice::capture
