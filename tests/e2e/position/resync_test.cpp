// Copying again on command: what is told before, what is done after, and that the consent outlives the
// daemon.

#include <doctest/doctest.h>

#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "tests/e2e/position/stock.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;

/// A pipeline whose file has gone back: Postgres has rows that it lacks, others, and lacks some.
struct GoneBack {
  explicit GoneBack(const MirrorOptions& options = {})
      : mirror(kStock +
                   "CREATE TABLE label(id INTEGER PRIMARY KEY, name TEXT);"
                   "INSERT INTO label VALUES(1, 'a'), (2, 'b');",
               options) {
    mirror.start();
    const auto backup = mirror.source.folder() / "backup.db";
    back_up(mirror.source.path(), backup);
    mirror.run(added(7) +
               "UPDATE stock SET amount = -1 WHERE id <= 3; DELETE FROM stock WHERE id BETWEEN 51 AND 55");
    REQUIRE(mirror.differences() == "");
    back_up(backup, mirror.source.path());
    expect_diverged(mirror, "moved_back");
  }

  Mirror mirror;
};

}  // namespace

TEST_CASE("a resync first tells what it would do to each table, and writes nothing") {
  GoneBack gone;
  const std::string before = contents(gone.mirror, "stock");
  const auto answer = resync(gone.mirror);
  CHECK(answer.status == 200);
  CHECK(answer.json.at("outcome") == "needs_yes");
  CHECK(counts_of(answer) == "label 0 0 0;stock 3 7 5;");
  const auto refused = gone.mirror.daemon.ctl({"resync", "shop"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.out.find("public.stock") != std::string::npos);
  CHECK(refused.out.find("3 rows to change, 7 to delete, 5 to add") != std::string::npos);
  CHECK(refused.err.find("--yes") != std::string::npos);
  wait_for_state(gone.mirror.daemon, "diverged");
  CHECK(error_code(gone.mirror) == "moved_back");
  CHECK(contents(gone.mirror, "stock") == before);
  CHECK(flush(gone.mirror.daemon).status == 409);
}

TEST_CASE("with consent a resync makes both sides equal, and replication goes on") {
  for (const bool in_replica_mode : {true, false}) {
    CAPTURE(in_replica_mode);
    MirrorOptions options;
    if (!in_replica_mode) options.role = support::PostgresCluster::kOwner;
    GoneBack gone(options);
    const auto done = gone.mirror.daemon.ctl({"resync", "--yes"});
    CHECK(done.err == "");
    CHECK(done.exit_code == 0);
    CHECK(done.out.find("copied again") != std::string::npos);
    CHECK(gone.mirror.differences_now() == "");
    CHECK(gone.mirror.status().at("error").is_null());
    gone.mirror.run(added(3) + "DELETE FROM stock WHERE id = 1");
    CHECK(gone.mirror.differences() == "");
    CHECK(gone.mirror.status().at("state") == "streaming");
  }
}

TEST_CASE("asking what a resync would do leaves another file in the place as it was, consent makes it ours") {
  Mirror mirror(kStock);
  mirror.start();
  close_application(mirror);
  mirror.daemon.stop();
  std::filesystem::remove(mirror.source.path());
  mirror.source.database() =
      SQLite::Database(mirror.source.path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
  mirror.run("CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT, amount INTEGER);" + added(4));
  const auto objects = [&] {
    return mirror.source.database().execAndGet("SELECT group_concat(name) FROM sqlite_schema").getString();
  };
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "diverged");
  CHECK(objects() == "stock");
  CHECK(counts_of(resync(mirror)) == "stock 4 96 0;");
  CHECK(objects() == "stock");
  CHECK(resync(mirror, {{"table", "no_such"}}).json.at("error").at("code") == "unknown_table");
  CHECK(objects() == "stock");
  mirror.server("ALTER TABLE stock DROP COLUMN amount");
  CHECK(resync(mirror).status == 409);
  CHECK(objects() == "stock");
  mirror.server("ALTER TABLE stock ADD COLUMN amount bigint");
  wait_for_state(mirror.daemon, "diverged");
  CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("in manual mode a resync makes the copy at once") {
  MirrorOptions options;
  options.settings = "    mode: manual\n";
  Mirror mirror(kStock, options);
  mirror.start();
  mirror.server("DELETE FROM stock WHERE id = 1; UPDATE stock SET amount = 0 WHERE id = 2");
  CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(mirror.differences_now() == "");
  CHECK(mirror.status().at("state") == "idle");
}

TEST_CASE("the consent outlives a daemon that is killed before the copy is done") {
  GoneBack gone;
  // The copy waits for a row that it has to change.
  pqxx::connection somebody(gone.mirror.cluster.url(gone.mirror.database, gone.mirror.role));
  pqxx::work holding(somebody);
  holding.exec("SELECT 1 FROM stock WHERE id = 1 FOR UPDATE");
  // A file that was put back a moment ago may still be in the way of the first call.
  std::jthread asking([&](const std::stop_token& enough) {
    while (!enough.stop_requested() && resync(gone.mirror, {{"yes", true}}).status == 503) continue;
  });
  support::wait_until("the consent is stored", [&] {
    return gone.mirror.server("SELECT count(*) FROM sluice.table_copy WHERE phase = 'pending'") != "0";
  });
  asking.request_stop();
  gone.mirror.daemon.kill();
  asking.join();
  holding.abort();
  CHECK(gone.mirror.server("SELECT count(*) FROM stock WHERE id > 100") == "7");
  gone.mirror.daemon.start();
  CHECK(gone.mirror.differences() == "");
  CHECK(gone.mirror.status().at("state") == "streaming");
}

TEST_CASE(
    "a pipeline that is well has one table compared and made equal, and needs no consent where nothing "
    "would be changed") {
  Mirror mirror(kStock +
                "CREATE TABLE label(id INTEGER PRIMARY KEY, name TEXT);"
                "INSERT INTO label VALUES(1, 'a'), (2, 'b');");
  mirror.start();
  mirror.server("DELETE FROM stock WHERE id = 9");
  const auto only = resync(mirror, {{"table", "stock"}});
  CHECK(only.json.at("outcome") == "copied");
  CHECK(counts_of(only) == "stock 0 0 1;");
  CHECK(mirror.differences_now() == "");

  mirror.server(
      "UPDATE stock SET amount = -5 WHERE id < 4; INSERT INTO stock VALUES(7000, 'theirs', 1);"
      "DELETE FROM label");
  const auto asked = resync(mirror, {{"table", "stock"}});
  CHECK(asked.json.at("outcome") == "needs_yes");
  CHECK(counts_of(asked) == "stock 3 1 0;");
  CHECK(resync(mirror, {{"table", "stock"}, {"yes", true}}).json.at("outcome") == "copied");
  CHECK(mirror.server("SELECT count(*), min(amount) FROM stock") == "100|1");
  CHECK(mirror.server("SELECT count(*) FROM label") == "0");
  CHECK(resync(mirror).json.at("outcome") == "copied");
  CHECK(mirror.differences() == "");
}

TEST_CASE("under merge a resync leaves alone what only Postgres has") {
  MirrorOptions options;
  options.settings = "      existing_rows: merge\n";
  GoneBack gone(options);
  CHECK(counts_of(resync(gone.mirror)) == "label 0 0 0;stock 3 0 5;");
  CHECK(gone.mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(gone.mirror.server("SELECT count(*), count(*) FILTER (WHERE id > 100), min(amount) FROM stock") ==
        "107|7|1");
}

TEST_CASE("rows that were there before the first copy are made equal on command") {
  Mirror mirror(kStock);
  mirror.server(
      "CREATE TABLE stock(id bigint PRIMARY KEY, label text, amount bigint);"
      "INSERT INTO stock VALUES(1, 'l1', 1), (2, 'other', 2), (500, 'theirs', 5)");
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "halted");
  CHECK(error_code(mirror) == "existing_rows");
  CHECK(counts_of(resync(mirror)) == "stock 1 1 98;");
  CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("deletions that an overrun asks about are agreed to by a resync") {
  MirrorOptions options;
  options.settings = "    changelog:\n      capacity: 20\n";
  Mirror mirror(kStock, options);
  mirror.start();
  mirror.daemon.stop();
  mirror.run("DELETE FROM stock WHERE id > 40");
  mirror.daemon.start();
  expect_diverged(mirror, "resync_would_delete");
  CHECK(mirror.status().at("error").at("hint").get<std::string>().find("sluicectl resync shop") !=
        std::string::npos);
  CHECK(counts_of(resync(mirror)) == "stock 0 60 0;");
  CHECK(mirror.server("SELECT count(*) FROM stock") == "100");
  CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(mirror.differences_now() == "");
}

TEST_CASE("what can't be copied again is refused with the reason") {
  GoneBack gone;
  CHECK(resync(gone.mirror, {{"table", "no_such"}}).json.at("error").at("code") == "unknown_table");
  CHECK(resync(gone.mirror, {{"table", "stock"}, {"yes", true}}).json.at("error").at("code") ==
        "every_table");
  CHECK(resync(gone.mirror, {{"pipeline", "ship"}}).json.at("error").at("code") == "unknown_pipeline");
  CHECK(resync(gone.mirror, {{"yes", "no"}}).json.at("error").at("code") == "wrong_type");
  CHECK(gone.mirror.daemon.ctl({"resync", "--table", "no_such"}).exit_code == 2);
  CHECK(gone.mirror.daemon.ctl({"pause"}).exit_code == 0);
  CHECK(resync(gone.mirror, {{"yes", true}}).json.at("error").at("code") == "paused");
}

TEST_CASE("changes made while tables are compared and copied again arrive") {
  GoneBack gone;
  gone.mirror.run(
      "INSERT INTO stock SELECT id + 1000, label, amount FROM stock;"
      "INSERT INTO stock SELECT id + 10000, label, amount FROM stock");
  std::jthread asking([&] { gone.mirror.daemon.ctl({"resync", "--yes"}); });
  for (int i = 0; i < 200; ++i)
    gone.mirror.run("UPDATE stock SET amount = " + std::to_string(-i) + " WHERE id = 5");
  asking.join();
  CHECK(gone.mirror.differences() == "");
}

}  // namespace sluice::e2e
