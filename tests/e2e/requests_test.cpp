// Whatever is asked of a pipeline is answered, in whatever state it is, also where nothing else ever happens:
// the file is quiet after each scene is set.

#include <doctest/doctest.h>

#include <functional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::Outcome;
using support::PostgresCluster;
using support::wait_until;
using Words = std::vector<std::string>;

/// What can be asked, and the exit codes that are an answer in any state: done, refused with a reason, or
/// differences found.
const std::vector<Words> kQuestions{{"verify"},
                                    {"flush"},
                                    {"verify", "--repair"},
                                    {"retry"},
                                    {"resync", "--yes"},
                                    {"verify", "--table", "packages"},
                                    {"quarantine", "retry"},
                                    {"pause"},
                                    {"resume"},
                                    {"adopt", "shop"},
                                    {"check"},
                                    {"log"},
                                    {"skip", "shop", "--error", "0"}};

void ask_everything(Store& store, const std::function<void(int)>& set_the_scene) {
  int scene = 0;
  for (const Words& question : kQuestions) {
    CAPTURE(question.front());
    set_the_scene(scene++);
    const Outcome answer = store.daemon.ctl(question);
    CAPTURE(answer.out);
    CAPTURE(answer.err);
    CHECK((answer.exit_code == 0 || answer.exit_code == 1 || answer.exit_code == 5));
    CHECK((answer.exit_code != 1 || !answer.err.empty() || !answer.out.empty()));
    store.daemon.ctl({"resume"});
    REQUIRE(store.daemon.running());
  }
}

std::string mode(const std::string& name) {
  return "    mode: " + name + "\n";
}

}  // namespace

TEST_SUITE_BEGIN("requests");

TEST_CASE("every request is answered right after the schema has changed") {
  for (const char* name : {"continuous", "manual"}) {
    CAPTURE(name);
    Store store(mode(name));
    store.start();
    ask_everything(store, [&](int scene) {
      const std::string number = std::to_string(scene);
      store.source.exec(scene % 2 == 0 ? "CREATE TABLE more_" + number + " (id INTEGER PRIMARY KEY)"
                                       : "ALTER TABLE packages ADD COLUMN c" + number + " TEXT DEFAULT 'q'");
    });
    CHECK(store.daemon.ctl({"verify"}).exit_code == 0);
  }
}

TEST_CASE("every request is answered while tables are copied") {
  for (const char* name : {"continuous", "manual"}) {
    CAPTURE(name);
    Store store(mode(name));
    store.source.exec(
        "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
        " INSERT INTO packages SELECT i, 'package ' || i FROM n");
    store.daemon.start();
    ask_everything(store, [&](int) { store.daemon.http("POST", "/v1/resync", R"({"yes":true})"); });
    CHECK(store.daemon.ctl({"verify"}).exit_code == 0);
  }
}

TEST_CASE("a comparison that is asked for while the first copy is under way is answered") {
  for (const char* name : {"continuous", "manual"}) {
    CAPTURE(name);
    Store store(mode(name));
    store.source.exec(
        "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
        " INSERT INTO packages SELECT i, 'package ' || i FROM n");
    store.daemon.start();
    CHECK(store.daemon.ctl({"verify"}).exit_code == 0);
    CHECK(store.server("SELECT count(*) FROM packages") == "50000");
  }
}

TEST_CASE("every request is answered where the server has lost a table, and it heals") {
  Store store;
  store.start();
  store.source.exec(
      "CREATE TABLE extras (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; INSERT INTO extras VALUES ('x', "
      "1)");
  must_flush(store.daemon);
  ask_everything(store, [&](int) { store.server("DROP TABLE IF EXISTS extras"); });
  CHECK(store.daemon.ctl({"retry"}).exit_code == 0);
  wait_until("the table is back", [&] { return store.daemon.ctl({"verify"}).exit_code == 0; });
  CHECK(store.server("SELECT n FROM extras") == "1");
}

TEST_CASE("every request is answered where the pipeline is halted") {
  Store store;
  store.start();
  store.halt();
  ask_everything(store, [&](int) { wait_for_state(store.daemon, "halted"); });
}

TEST_CASE("every request is answered where the server is away") {
  PostgresCluster cluster;
  const std::string database = cluster.create_database();
  support::SqliteFile source;
  source.exec(
      "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO packages VALUES (1, 'tea')");
  support::DaemonProcess daemon(shop(source.path(), cluster.url(database)));
  daemon.start();
  must_flush(daemon);
  cluster.stop();
  for (const Words& question : kQuestions) {
    CAPTURE(question.front());
    const Outcome answer = daemon.ctl(question);
    CAPTURE(answer.err);
    CHECK((answer.exit_code == 0 || answer.exit_code == 1));
    daemon.ctl({"resume"});
  }
  cluster.start();
  CHECK(must_flush(daemon).at("quarantined") == 0);
}

TEST_CASE("a pause is confirmed once it holds: nothing is written after that") {
  Store store;
  store.start();
  const auto locked = [&](const char* state) {
    return store.cluster.psql(store.database, std::string("SELECT count(*) FROM pg_locks WHERE relation ="
                                                          " 'packages'::regclass AND ") +
                                                  state);
  };
  pqxx::connection holder(store.cluster.url(store.database, store.role));
  pqxx::work lock(holder);
  lock.exec("LOCK TABLE packages IN ACCESS EXCLUSIVE MODE");
  store.source.exec("UPDATE packages SET name = 'late' WHERE id = 1");
  wait_until("the daemon waits for the table", [&] { return locked("NOT granted") == "1"; });

  const Outcome asked = store.daemon.ctl({"pause"});
  CHECK(asked.exit_code == 0);
  CHECK(asked.out.find("pausing") != std::string::npos);
  CHECK(store.daemon.http("POST", "/v1/pause").json.at("outcome") == "pausing");
  CHECK(store.status().at("state") != "paused");
  lock.abort();
  wait_for_state(store.daemon, "paused");
  CHECK(store.server("SELECT name FROM packages WHERE id = 1") == "late");

  CHECK(store.daemon.http("POST", "/v1/pause").json.at("outcome") == "paused");
  store.source.exec("UPDATE packages SET name = 'later' WHERE id = 1");
  CHECK(store.server("SELECT name FROM packages WHERE id = 1") == "late");
  CHECK(store.daemon.http("POST", "/v1/resume").json.at("outcome") == "resumed");
  wait_until("the pause is over",
             [&] { return store.server("SELECT name FROM packages WHERE id = 1") == "later"; });
}

TEST_SUITE_END();

}  // namespace sluice::e2e
