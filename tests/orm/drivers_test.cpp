// What a driver tells the application about its own writes is the same with and without capture.

#include <doctest/doctest.h>

#include "tests/orm/tools.h"

namespace sluice::e2e {
namespace {

constexpr const char* kNotes =
    "CREATE TABLE note(id INTEGER PRIMARY KEY, word TEXT UNIQUE, n INTEGER);"
    "INSERT INTO note VALUES(40, 'there before', 0)";

void same_answers(const std::vector<std::string>& program, const support::Environment& environment = {}) {
  support::SqliteFile untouched;
  untouched.exec(kNotes);
  const auto wanted = run_tool(untouched.path(), program, environment);
  Mirror mirror(kNotes);
  mirror.start();
  CHECK(run_tool(mirror.source.path(), program, environment) == wanted);
  CHECK(wanted.find("there before") != std::string::npos);
  CHECK(mirror.differences() == "");
}

}  // namespace

TEST_CASE("Python's sqlite3 tells the same row counts, row ids and returned rows") {
  same_answers({kPython, tool("drivers/python_driver.py")});
}

TEST_CASE("SQLAlchemy tells the same row counts, keys and returned rows") {
  same_answers({kPython, tool("drivers/sqlalchemy_driver.py")});
}

TEST_CASE("Django's models tell the same keys and row counts") {
  same_answers({kPython, tool("drivers/django_driver.py")});
}

TEST_CASE("Node's sqlite3 tells the same changes, last ids and returned rows") {
  same_answers({node(), tool("drivers/node_driver.js")});
}

}  // namespace sluice::e2e
