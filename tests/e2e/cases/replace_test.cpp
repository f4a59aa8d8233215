// Rows that a statement replaces without any delete trigger being fired.

#include <doctest/doctest.h>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {

TEST_CASE("case 1: INSERT OR REPLACE through a secondary index, recursive_triggers off") {
  Mirror mirror(
      "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT);"
      "INSERT INTO users VALUES(1, 'a@x', 'Ann'), (2, 'b@x', 'Ben')");
  mirror.start();
  mirror.run("PRAGMA recursive_triggers = OFF; INSERT OR REPLACE INTO users VALUES(3, 'a@x', 'Cid')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(name, ' ' ORDER BY id) FROM users") == "Ben Cid");
}

}  // namespace sluice::e2e
