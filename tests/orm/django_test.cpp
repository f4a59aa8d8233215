// A Django project with a history of migrations, forward and back, and a day's work between them. Django
// rebuilds the whole table for most changes of a column.

#include <doctest/doctest.h>

#include "tests/orm/tools.h"

namespace sluice::e2e {
namespace {

using Statements = std::vector<std::string>;

std::string manage(const Mirror& mirror, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kPython, tool("django/manage.py")});
  return run_tool(mirror.source.path(), arguments);
}

/// A day's work, a migration, and writes right after it. Django must not notice the running daemon, but for
/// the refusal that the README tells of, and the copy must be whole afterwards. Answers with what its owner
/// had to do on the server.
Statements step(Mirror& mirror, const std::string& migration) {
  CAPTURE(migration);
  CHECK_NOTHROW(manage(mirror, {"step", migration}));
  Statements helped;
  CHECK_NOTHROW(helped = follow(mirror));
  CHECK(mirror.differences_now() == "");
  return helped;
}

}  // namespace

TEST_CASE("a Django project migrates forward and back and works in between") {
  const Statements nothing;
  Mirror mirror("");
  manage(mirror, {"step", "0001"});
  mirror.start();
  for (const char* forward : {"0002", "0003", "0004"}) CHECK(step(mirror, forward) == nothing);
  // A NOT NULL column was renamed: the server's old one stands in the way of the next row.
  CHECK(step(mirror, "0005") ==
        Statements{R"(ALTER TABLE "public"."shop_item" ALTER COLUMN "note" DROP NOT NULL;)"});
  for (const char* forward : {"0006", "0007", "0008", "0009", "0010", "0011", "0012"}) {
    CHECK(step(mirror, forward) == nothing);
  }
  for (const char* back : {"0010", "0009", "0008", "0006", "0003", "0001"}) step(mirror, back);
  step(mirror, "0012");
}

TEST_CASE("Django sees no drift, and inspectdb only what it is asked for") {
  Mirror mirror("");
  manage(mirror, {"step", "0012"});
  mirror.start();
  CHECK_NOTHROW(manage(mirror, {"makemigrations", "--check", "--dry-run"}));
  CHECK(manage(mirror, {"inspectdb"}).find("_sluice_") != std::string::npos);
  CHECK(manage(mirror, {"inspectdb", "shop_maker"}).find("_sluice_") == std::string::npos);
}

}  // namespace sluice::e2e
