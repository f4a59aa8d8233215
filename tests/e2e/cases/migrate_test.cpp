// sluicectl migrate: an application's own migration runs with capture out of its way.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/cases/backups.h"
#include "tests/e2e/cases/mirror.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::Outcome;
using support::wait_until;
using Words = std::vector<std::string>;

const std::string kItems =
    "CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
    " INSERT INTO items SELECT i, 'n' || i, i FROM n;";

constexpr int kRefused = 3;

/// A tool that makes everything anew, and refuses a file in which it finds what it does not know.
Words strict_tool(const Mirror& mirror, const std::string& sql) {
  const std::string script = R"(import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
unknown = file.execute("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_*'")
if unknown.fetchone()[0]:
    sys.exit(3)
file.executescript(sys.argv[2])
)";
  return {"/usr/bin/python3", "-c", script, mirror.source.path(), sql};
}

Words migrate(Words command) {
  command.insert(command.begin(), {"migrate", "--"});
  return command;
}

Words shell(const std::string& script) {
  return {"/bin/sh", "-c", script};
}

const std::string kRebuild =
    "BEGIN; CREATE TABLE new_items(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, note TEXT);"
    "INSERT INTO new_items SELECT id + 10, upper(name), -amount, 'n' FROM items WHERE id > 2000; DROP TABLE "
    "items;"
    "ALTER TABLE new_items RENAME TO items; COMMIT;";

bool is_captured(Mirror& mirror) {
  return mirror.source.database()
             .execAndGet("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%sluice%'")
             .getInt() > 0;
}

/// Writes that are noted again, and arrive.
void check_at_work(Mirror& mirror) {
  CHECK(is_captured(mirror));
  CHECK(mirror.differences() == "");
  mirror.run("INSERT INTO items(name) VALUES('after'); DELETE FROM items WHERE id % 100 = 0");
  CHECK(mirror.differences() == "");
  CHECK(mirror.status().at("state") == "streaming");
}

/// A command that says when it has begun and waits to be told to go on.
struct Gate {
  explicit Gate(Mirror& mirror)
      : command(shell("touch '" + begun() + "'; while [ ! -e '" + go_on() +
                      "' ]; do sleep 0.02; done; sqlite3 '" + mirror.source.path().string() + "' \"" +
                      kRebuild + "\"")) {}

  std::string begun() const { return folder.path() / "begun"; }
  std::string go_on() const { return folder.path() / "go_on"; }
  void wait() const {
    wait_until("the command has begun", [&] { return std::filesystem::exists(begun()); });
  }
  void open() const { std::ofstream(go_on()).flush(); }

  support::TempDir folder;
  Words command;
};

bool has_note(Mirror& mirror) {
  return mirror.source.database()
             .execAndGet("SELECT count(*) FROM pragma_table_info('items') WHERE name = 'note'")
             .getInt() > 0;
}

}  // namespace

TEST_CASE("a tool that refuses our triggers runs, and every table is equal when it has ended") {
  Mirror mirror(kItems);
  mirror.start();
  const auto command = strict_tool(mirror, kRebuild);
  CHECK(support::run({.arguments = command}).exit_code == kRefused);
  const Outcome done = mirror.daemon.ctl(migrate(command));
  CHECK(done.exit_code == 0);
  CHECK(done.err == "");
  CHECK(mirror.differences_now() == "");  // without a flush: it is over when the verb ends
  CHECK(mirror.server("SELECT count(*) FROM items WHERE note = 'n'") == "1000");
  check_at_work(mirror);
  CHECK(mirror.daemon.ctl(migrate(strict_tool(mirror, "UPDATE items SET amount = 7"))).exit_code == 0);
  check_at_work(mirror);
}

TEST_CASE("without a daemon the next start compares the tables, and does not ask before it deletes") {
  Mirror mirror(kItems);
  mirror.start();
  mirror.daemon.stop();
  mirror.run("DELETE FROM items WHERE id = 1");
  const Outcome done = mirror.daemon.ctl(migrate(strict_tool(mirror, kRebuild)));
  CHECK(done.exit_code == 0);
  CHECK(done.err.find("compared when the daemon starts") != std::string::npos);
  CHECK(is_captured(mirror));
  mirror.run("UPDATE items SET name = 'noted' WHERE id > 2500");
  mirror.start();
  check_at_work(mirror);
}

TEST_CASE("a pipeline that has never run is migrated as well") {
  Mirror mirror(kItems);
  CHECK(mirror.daemon.ctl(migrate(strict_tool(mirror, kRebuild))).exit_code == 0);
  mirror.start();
  check_at_work(mirror);
}

TEST_CASE("the exit code is the command's own, and capture goes back in whatever it is") {
  Mirror mirror(kItems);
  mirror.start();
  CHECK(mirror.daemon.ctl(migrate(shell("exit 7"))).exit_code == 7);
  CHECK(mirror.daemon.ctl(migrate(shell("kill -TERM $$"))).exit_code == 128 + SIGTERM);
  CHECK(mirror.daemon.ctl(migrate({"/no/such/program"})).exit_code == 127);
  CHECK(mirror.daemon.ctl(migrate(shell("cat; echo out; echo err >&2"))).out == "out\n");
  const std::string halfway =
      "sqlite3 '" + mirror.source.path().string() + "' 'DELETE FROM items WHERE id < 9'; exit 9";
  CHECK(mirror.daemon.ctl(migrate(shell(halfway))).exit_code == 9);
  CHECK(mirror.differences_now() == "");
  check_at_work(mirror);
}

TEST_CASE("125 means that Sluice has failed, and says why") {
  Mirror mirror(kItems);
  mirror.start();
  const support::TempDir folder;
  const std::string ran = folder.path() / "ran";
  const auto fails = [&](const Words& arguments) {
    const Outcome outcome = mirror.daemon.ctl(arguments);
    CHECK(outcome.exit_code == 125);
    CHECK_FALSE(std::filesystem::exists(ran));
    return outcome.err;
  };
  CHECK(fails({"migrate"}).find("which command?") != std::string::npos);
  CHECK(fails({"migrate", "nobody", "--", "/usr/bin/touch", ran}).find("no pipeline nobody") !=
        std::string::npos);
  mirror.daemon.stop();
  mirror.daemon.configure(shop(mirror.source.path(), "host=/nowhere dbname=none"));
  CHECK(fails({"migrate", "--", "/usr/bin/touch", ran}) != "");
  CHECK(is_captured(mirror));
}

TEST_CASE("a file that was put back is not migrated, since Postgres would lose what is newer") {
  Mirror mirror(kItems);
  mirror.start();
  mirror.daemon.stop();
  const support::TempDir folder;
  const std::string backup = folder.path() / "backup.db";
  back_up(mirror.source.path(), backup);
  mirror.run("UPDATE items SET name = 'newer' WHERE id < 5");
  mirror.start();
  mirror.daemon.stop();
  back_up(backup, mirror.source.path());
  const std::string ran = folder.path() / "ran";
  const Outcome outcome = mirror.daemon.ctl(migrate({"/usr/bin/touch", ran}));
  CHECK(outcome.exit_code == 125);
  CHECK(outcome.err.find("restored from a backup") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(ran));
  CHECK(mirror.server("SELECT count(*) FROM items WHERE name = 'newer'") == "4");
}

TEST_CASE("a migration that drops a column is 125 in additive mode, with the statement that helps") {
  Mirror mirror(kItems);
  mirror.start();
  const Outcome outcome =
      mirror.daemon.ctl(migrate(strict_tool(mirror, "ALTER TABLE items DROP COLUMN amount")));
  CHECK(outcome.exit_code == 125);
  CHECK(outcome.err.find(R"(ALTER TABLE "public"."items" DROP COLUMN "amount";)") != std::string::npos);
  mirror.run("UPDATE items SET name = 'noted' WHERE id > 2500");
  mirror.server("ALTER TABLE items DROP COLUMN amount");
  check_at_work(mirror);
}

TEST_CASE("while the command runs nobody puts capture back in, a daemon that starts meanwhile included") {
  Mirror mirror(kItems);
  mirror.start();
  const Gate gate(mirror);
  const auto verb = mirror.daemon.start_ctl(migrate(gate.command));
  gate.wait();
  CHECK_FALSE(is_captured(mirror));
  mirror.run("UPDATE items SET name = 'unseen' WHERE id > 2900");
  CHECK(flush(mirror.daemon).status == 409);
  CHECK(mirror.status().at("error").at("code") == "migration_running");
  CHECK(mirror.daemon.ctl({"install"}).err.find("a schema migration runs") != std::string::npos);
  mirror.daemon.kill();
  mirror.daemon.start();
  CHECK(flush(mirror.daemon).status == 409);
  CHECK_FALSE(is_captured(mirror));
  gate.open();
  CHECK(verb->wait() == 0);
  CHECK(mirror.differences_now() == "");
  check_at_work(mirror);
}

TEST_CASE("where sluicectl is killed in between, the daemon waits for the command and heals") {
  for (const bool running : {true, false}) {
    CAPTURE(running);
    Mirror mirror(kItems);
    mirror.start();
    if (!running) mirror.daemon.stop();
    const Gate gate(mirror);
    const auto verb = mirror.daemon.start_ctl(migrate(gate.command));
    gate.wait();
    verb->signal(SIGKILL);
    verb->wait();
    if (!running) mirror.daemon.start();
    CHECK(flush(mirror.daemon).status == 409);
    CHECK_FALSE(is_captured(mirror));
    gate.open();
    wait_until("the command has done its work", [&] { return has_note(mirror); });
    wait_until("the daemon goes on", [&] { return flush(mirror.daemon).status == 200; });
    check_at_work(mirror);
  }
}

TEST_CASE("a signal to sluicectl reaches the command") {
  Mirror mirror(kItems);
  mirror.start();
  const support::TempDir folder;
  const std::string begun = folder.path() / "begun";
  const auto verb = mirror.daemon.start_ctl(
      migrate(shell("trap 'exit 9' TERM; touch '" + begun + "'; while :; do sleep 0.02; done")));
  wait_until("the command has begun", [&] { return std::filesystem::exists(begun); });
  verb->signal(SIGTERM);
  CHECK(verb->wait() == 9);
  check_at_work(mirror);
}

}  // namespace sluice::e2e
