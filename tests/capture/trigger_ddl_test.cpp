#include "capture/install/trigger_ddl.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

constexpr TableId kNumber = 1;  // of the only table of a file, when its triggers are put in

/// A file of golden/: sections under lines "-- [name]".
struct Golden {
  explicit Golden(std::filesystem::path file) : path(std::move(file)) {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    text = all.str();
  }

  std::string section(const std::string& name) const {
    const std::string title = "-- [" + name + "]\n";
    const auto start = text.find(title);
    if (start == std::string::npos) return {};
    return text.substr(start + title.size(), text.find("\n-- [", start) - start - title.size());
  }

  /// Puts `triggers` in the place of what the last section holds.
  void renew(const std::string& triggers) const {
    const std::string title = "-- [triggers]\n";
    std::ofstream(path) << text.substr(0, text.find(title)) << title << triggers;
  }

  std::filesystem::path path;
  std::string text;
};

std::vector<Golden> golden_files() {
  std::vector<Golden> files;
  for (const auto& entry : std::filesystem::directory_iterator(SLUICE_GOLDEN)) {
    if (entry.path().extension() == ".sql") files.emplace_back(entry.path());
  }
  return files;
}

std::string generated(Sandbox& sandbox) {
  const auto table = sandbox.text("SELECT name FROM sqlite_schema WHERE type = 'table'");
  std::string text;
  for (const auto& trigger : trigger_ddl(describe(sandbox.app(), table), kNumber))
    text += trigger.sql + ";\n";
  return text;
}

/// The first line that differs, with its number and both texts; empty where there is none.
std::string first_difference(const std::string& wanted, const std::string& written) {
  if (wanted == written) return {};
  std::istringstream wanted_lines(wanted);
  std::istringstream written_lines(written);
  for (int number = 1;; ++number) {
    std::string left = "(the end)";
    std::string right = "(the end)";
    std::getline(wanted_lines, left);
    std::getline(written_lines, right);
    if (left == right && wanted_lines && written_lines) continue;
    return "line " + std::to_string(number) + " should be\n" + left + "\nand is\n" + right;
  }
}

/// Puts the texts of the file in the place of the triggers that install has made.
void put_in(Sandbox& sandbox, const std::string& triggers) {
  Source(sandbox.options()).install();
  std::string drops;
  SQLite::Statement ours(
      sandbox.app(), "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB '_sluice_[0-9]*'");
  while (ours.executeStep()) drops += "DROP TRIGGER \"" + ours.getColumn(0).getString() + "\";";
  sandbox.run(drops + triggers);
}

void check_in_use(Sandbox& sandbox, const Golden& golden) {
  put_in(sandbox, golden.section("triggers"));
  CHECK(Source(sandbox.options()).missing() ==
        std::vector<std::string>{"_sluice_meta"});  // it takes them for its own
  Follower follower(sandbox.options());
  std::istringstream writes(golden.section("writes"));
  for (std::string write; std::getline(writes, write);) {
    CAPTURE(write);
    sandbox.run(write);
    follower.drain();
    CHECK(follower.equal());
  }
  sandbox.run(golden.section("a dropped column"));
}

}  // namespace

TEST_CASE("the triggers of every kind of table are the golden ones, and work") {
  const auto files = golden_files();
  REQUIRE(!files.empty());
  for (const auto& golden : files) {
    const std::string file = golden.path.filename();
    CAPTURE(file);
    Sandbox sandbox(golden.section("schema"));
    const std::string written = generated(sandbox);
    if (std::getenv("SLUICE_RENEW_GOLDEN") != nullptr) {
      golden.renew(written);
      FAIL_CHECK("renewed: read what has changed, and run again without SLUICE_RENEW_GOLDEN");
      continue;
    }
    const std::string difference = first_difference(golden.section("triggers"), written);
    CHECK_MESSAGE(difference.empty(), difference);
    if (difference.empty()) check_in_use(sandbox, golden);
  }
}

TEST_CASE("a column that no unique index needs is renamed and dropped before anybody has looked") {
  const std::string table = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, size INTEGER, note TEXT";
  for (const std::string& schema :
       {table + "); CREATE UNIQUE INDEX x ON t(lower(name), size % 10)",
        table + "); CREATE UNIQUE INDEX x ON t(name) WHERE size > 1 AND name <> 'note'",
        table + "); CREATE UNIQUE INDEX x ON t((1 + 1)) WHERE size IS NULL",
        table + ", label TEXT AS (name || size)); CREATE UNIQUE INDEX x ON t(label)"}) {
    CAPTURE(schema);
    Sandbox sandbox(schema);
    Source(sandbox.options()).install();
    sandbox.run("ALTER TABLE t RENAME COLUMN note TO remark");
    CHECK_NOTHROW(sandbox.run("ALTER TABLE t DROP COLUMN remark"));
    CHECK_NOTHROW(
        sandbox.run("INSERT INTO t(name, size) VALUES('a', 2); REPLACE INTO t(name, size) VALUES('a', 2)"));
  }
}

TEST_CASE("a default is read as SQLite means it") {
  CHECK(default_expression("'none'") == "'none'");
  CHECK(default_expression("\"it's\"") == "'it''s'");
  CHECK(default_expression("word") == "'word'");
  CHECK(default_expression("NULL") == "NULL");
  CHECK(default_expression("CURRENT_TIMESTAMP") == "CURRENT_TIMESTAMP");
  CHECK(default_expression("-5") == "-5");
  CHECK(default_expression("abs(-1)") == "abs(-1)");
}

}  // namespace sluice::capture
