// A Node application that migrates by statements of its own, some of them one by one while the daemon looks
// on.

#include <doctest/doctest.h>

#include "tests/orm/tools.h"

namespace sluice::e2e {
namespace {

constexpr int kVersions = 7;

/// Brings the file to a version and works. Answers with what the owner had to do on the server.
std::vector<std::string> step(Mirror& mirror, int version) {
  CAPTURE(version);
  run_tool(mirror.source.path(), {node(), tool("node/app.js"), std::to_string(version)});
  const auto helped = follow(mirror);
  CHECK(mirror.differences_now() == "");
  return helped;
}

}  // namespace

TEST_CASE("a Node application migrates and works, and everything follows by itself") {
  Mirror mirror("", {.settings = "    schema_changes: mirror\n"});
  mirror.daemon.start();
  for (int version = 1; version <= kVersions; ++version) CHECK(step(mirror, version).empty());
}

TEST_CASE("a Node application migrates and works, and its owner runs what the halts name") {
  Mirror mirror("");
  mirror.daemon.start();
  std::vector<std::string> helped;
  for (int version = 1; version <= kVersions; ++version) {
    for (auto& statement : step(mirror, version)) helped.push_back(std::move(statement));
  }
  CHECK(helped.front() == R"(ALTER TABLE "public"."person" RENAME COLUMN "points" TO "score";)");
}

TEST_CASE("a Node application is brought to its last version while no daemon runs") {
  Mirror mirror("", {.settings = "    schema_changes: mirror\n"});
  mirror.daemon.start();
  step(mirror, 1);
  mirror.daemon.stop();
  run_tool(mirror.source.path(), {node(), tool("node/app.js"), std::to_string(kVersions)});
  mirror.start();
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
