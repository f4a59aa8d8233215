// SQLAlchemy and Alembic. Its batch migrations make a table anew under another name and put it in the old
// one's place; its drafts drop every table that the models do not know.

#include <doctest/doctest.h>

#include <chrono>

#include "daemon/inspect/migration_tools.h"
#include "tests/orm/tools.h"
#include "tests/support/temp_dir.h"

namespace sluice::e2e {
namespace {

using support::Environment;

std::vector<std::string> shop_py(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kPython, "-W", "ignore", tool("alembic/shop.py")});
  return arguments;
}

std::string alembic(const Mirror& mirror, const std::vector<std::string>& arguments,
                    const Environment& environment = {}) {
  return run_tool(mirror.source.path(), shop_py(arguments), environment);
}

/// Under the running daemon. Answers with what its owner had to do on the server.
std::vector<std::string> step(Mirror& mirror, const std::vector<std::string>& arguments) {
  CAPTURE(arguments.back());
  CHECK_NOTHROW(alembic(mirror, arguments));
  std::vector<std::string> helped;
  CHECK_NOTHROW(helped = follow(mirror));
  CHECK(mirror.differences_now() == "");
  return helped;
}

/// A shop after its last migration, with rows, under the running daemon.
void open_shop(Mirror& mirror) {
  alembic(mirror, {"upgrade", "head"});
  alembic(mirror, {"work"});
  mirror.start();
}

std::string_view readme_setting() {
  return daemon::migration_tools_among({"alembic_version"}).at(0).setting;
}

/// Writes as an application that also reads. A connection that has met a missing table looks at the schema
/// again when it reads a table, and not before.
std::string read_and_write(Mirror& mirror) {
  return mirror.attempt("SELECT * FROM maker LIMIT 1; INSERT INTO maker(name) VALUES('after the drop')");
}

/// Whether the draft would do anything at all.
bool is_empty(const std::string& draft) {
  return draft.find("op.") == std::string::npos;
}

}  // namespace

TEST_CASE("Alembic migrates in batches, forward and back, and SQLAlchemy works in between") {
  for (const std::string settings : {"", "    schema_changes: mirror\n"}) {
    CAPTURE(settings);
    std::size_t helped = 0;
    Mirror mirror("", {.settings = settings});
    alembic(mirror, {"upgrade", "0001"});
    mirror.start();
    for (const char* revision : {"0002", "0003", "0004", "0005"})
      helped += step(mirror, {"work", "upgrade", revision}).size();
    for (const char* revision : {"0004", "0003", "0001"})
      helped += step(mirror, {"work", "downgrade", revision}).size();
    helped += step(mirror, {"work", "upgrade", "head"}).size();
    helped += step(mirror, {"work"}).size();
    CHECK((helped == 0) ==
          !settings.empty());  // a column is renamed, and columns are dropped on the way back
  }
}

TEST_CASE("with the include_object of docs/MIGRATIONS.md Alembic finds nothing to migrate") {
  CHECK(support::read_file(tool("alembic/env.py")).find(readme_setting()) != std::string::npos);
  const support::TempDir drafts;
  Mirror mirror("");
  open_shop(mirror);
  const Environment with{{"SHOP_DRAFTS", drafts.path().string()}, {"SHOP_IGNORES", "yes"}};
  const auto draft = alembic(mirror, {"draft"}, with);
  CAPTURE(draft);
  CHECK(is_empty(draft));
}

TEST_CASE("without it Alembic drops our tables, and the daemon puts them back within its next look") {
  const support::TempDir drafts;
  Mirror mirror("");
  open_shop(mirror);
  const Environment without{{"SHOP_DRAFTS", drafts.path().string()}};
  const auto draft = alembic(mirror, {"draft"}, without);
  for (const char* table : {"_sluice_meta", "_sluice_table", "_sluice_changelog"}) {
    CHECK(draft.find("op.drop_table('" + std::string(table) + "')") != std::string::npos);
  }
  // Alembic's last statement notes the new version in a table that is captured like any other, and may come
  // too early.
  const auto complaint = attempt_tool(mirror.source.path(), shop_py({"upgrade", "draft"}), without);
  CHECK((complaint.empty() || complaint.find("no such table: main._sluice_") != std::string::npos));
  support::wait_until(
      "the application writes again", [&] { return read_and_write(mirror) == ""; }, std::chrono::seconds(3));
  CHECK(step(mirror, {"work"}).empty());
}

TEST_CASE(
    "without a daemon, install and uninstall make an application write again whose tools dropped our "
    "tables") {
  const std::string drop = "DROP TABLE _sluice_meta; DROP TABLE _sluice_table; DROP TABLE _sluice_changelog";
  Mirror mirror("");
  open_shop(mirror);
  mirror.daemon.stop();
  for (const auto& remedy : {std::vector<std::string>{"install"}, {"uninstall", "--yes"}}) {
    CAPTURE(remedy.front());
    mirror.run(drop);
    CHECK(read_and_write(mirror).find("no such table: main._sluice_") != std::string::npos);
    CHECK(mirror.daemon.ctl(remedy).exit_code == 0);
    CHECK(read_and_write(mirror) == "");
  }
}

TEST_CASE("check names the migration tool and the setting that keeps it off our tables") {
  Mirror mirror("", {.settings = "    tables: {exclude: [alembic_version]}\n"});
  open_shop(mirror);
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("migration tool") != std::string::npos);
  CHECK(check.out.find(readme_setting()) != std::string::npos);
  CHECK(check.out.find("Django") == std::string::npos);
}

}  // namespace sluice::e2e
