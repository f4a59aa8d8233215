// A Django project with a history of migrations, forward and back, and a day's work between them. Django
// rebuilds the whole table for most changes of a column.

#include <doctest/doctest.h>

#include <map>

#include "tests/orm/tools.h"

namespace sluice::e2e {
namespace {

using Statements = std::vector<std::string>;

std::string manage(const Mirror& mirror, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kPython, tool("django/manage.py")});
  return run_tool(mirror.source.path(), arguments);
}

/// A day's work, a migration, and writes right after it. Django must not notice the running daemon, but for
/// the refusal that docs/MIGRATIONS.md tells of, and the copy must be whole afterwards. Answers with what its
/// owner had to do on the server.
Statements step(Mirror& mirror, const std::string& migration) {
  CAPTURE(migration);
  CHECK_NOTHROW(manage(mirror, {"step", migration}));
  Statements helped;
  CHECK_NOTHROW(helped = follow(mirror));
  CHECK(mirror.differences_now() == "");
  return helped;
}

}  // namespace

TEST_CASE("a Django project migrates forward and back, and everything follows by itself") {
  const Statements nothing;
  Mirror mirror("", {.settings = "    schema_changes: mirror\n"});
  manage(mirror, {"step", "0001"});
  mirror.start();
  for (const char* forward :
       {"0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012"}) {
    CHECK(step(mirror, forward) == nothing);
  }
  for (const char* back : {"0010", "0009", "0008", "0006", "0003", "0001", "0012"})
    CHECK(step(mirror, back) == nothing);
}

TEST_CASE("a Django project migrates forward and back, and its owner runs what the halts name") {
  Mirror mirror("");
  manage(mirror, {"step", "0001"});
  mirror.start();
  const std::map<std::string, Statements> named = {
      {"0005", {R"(ALTER TABLE "public"."shop_item" RENAME COLUMN "note" TO "remark";)"}},
      {"0009",
       {R"(DROP TABLE "public"."shop_item_tags"; ALTER TABLE "public"."shop_item" RENAME TO "shop_product"; )"}},
      {"0010", {R"(ALTER TABLE "public"."shop_product" DROP COLUMN "sku";)"}},
      {"0011", {R"(DROP TABLE "public"."shop_visit"; )"}}};
  for (const char* forward :
       {"0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011"}) {
    const auto expected = named.find(forward);
    CHECK(step(mirror, forward) == (expected == named.end() ? Statements{} : expected->second));
  }
  for (const char* back : {"0008", "0003", "0012"}) step(mirror, back);
}

TEST_CASE("Django migrates under sluicectl migrate, forward and back, while others write") {
  Mirror mirror("", {.settings = "    schema_changes: mirror\n"});
  manage(mirror, {"step", "0001"});
  mirror.start();
  for (const char* migration : {"0012", "0003"}) {
    CAPTURE(migration);
    const auto done = mirror.daemon.ctl(
        {"migrate", "--", "/usr/bin/env", "SHOP_FILE=" + mirror.source.path().string(),
         "PYTHONDONTWRITEBYTECODE=1", kPython, tool("django/manage.py"), "migrate", "shop", migration});
    CHECK_MESSAGE(done.exit_code == 0, done.err);
    CHECK(mirror.differences_now() == "");
    manage(mirror, {"step", migration});
    CHECK(mirror.differences() == "");
  }
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
