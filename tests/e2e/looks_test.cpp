// Looks at a pipeline that can't be finished, and what goes on meanwhile: all of it.

#include <doctest/doctest.h>

#include <memory>
#include <pqxx/pqxx>
#include <vector>

#include "tests/e2e/blocked_server.h"
#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::wait_until;

/// A store with a second table, which somebody else can keep for himself.
struct TwoTables : Store {
  TwoTables() {
    server("CREATE TABLE beans (id bigint PRIMARY KEY, name text)");
    source.exec(
        "CREATE TABLE beans (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO beans VALUES (1, 'arabica')");
    start();
  }

  /// How many of the daemon's sessions wait for a lock.
  int waiting() const {
    return std::stoi(cluster.psql(database,
                                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                  " AND application_name LIKE 'sluice/%' AND wait_event_type = 'Lock'"));
  }
};

/// Holds the quarantine so that nobody else can even read it: looks at it wait, what moves data does not.
struct Holder {
  explicit Holder(const TwoTables& store)
      : somebody(store.cluster.url(store.database, store.role)), holding(somebody) {
    holding.exec("LOCK TABLE sluice.quarantine");
  }
  pqxx::connection somebody;
  pqxx::work holding;
};

/// The pipeline "shop", and a pipeline "far" whose server never answers.
std::string with_far(const Store& store, const support::SqliteFile& source, const BlockedServer& server) {
  std::string config = shop(store.source.path(), store.cluster.url(store.database, store.role));
  config.replace(config.find("log:"), 0,
                 "  far:\n    source:\n      path: " + source.path().string() +
                     "\n    target:\n      url: \"" + server.url() + "\"\n");
  return config;
}

int status_of_flush(Store& store) {
  return store.daemon.http("POST", "/v1/flush", R"({"pipeline":"shop"})").status;
}

}  // namespace

TEST_SUITE_BEGIN("looks");

TEST_CASE("a flush is answered while looks wait for a locked table") {
  TwoTables store;
  Holder holder(store);
  int row = 10;
  // A look gives up after a while, and on a slow machine that may be before the flush: then once more.
  wait_until("a flush has overtaken the looks", [&] {
    std::vector<std::unique_ptr<support::Process>> looks;
    for (int i = 0; i < 2; ++i) looks.push_back(store.daemon.start_ctl({"quarantine", "list"}));
    wait_until("a look waits for the lock", [&] { return store.waiting() > 0 || !looks[0]->running(); });
    store.source.exec("INSERT INTO packages VALUES (" + std::to_string(++row) + ", 'gin')");
    const auto flushed = flush(store.daemon);
    CHECK(flushed.status == 200);
    return looks[0]->running() && looks[1]->running() && store.waiting() > 0;
  });
  CHECK(store.differences() == "");
}

TEST_CASE("a look that waits for a lock is answered in its time, and leaves nothing behind") {
  TwoTables store;
  Holder holder(store);
  const auto answer = store.daemon.http("GET", "/v1/quarantine");
  CAPTURE(answer.body);
  CHECK((answer.status == 503 || answer.status == 504));
  check_error(answer, answer.status, answer.status == 504 ? "timed_out" : "lock_timeout");
  wait_until("no session is left behind", [&] { return store.waiting() == 0; });
}

TEST_CASE("looks of which too many wait are refused by name, those that were given up do not count") {
  TwoTables store;
  Holder holder(store);
  const std::string look = request("GET", "/v1/quarantine");
  {
    std::vector<std::unique_ptr<SilentClient>> clients;
    for (int i = 0; i < 4; ++i)
      clients.push_back(std::make_unique<SilentClient>(store.daemon.socket(), look));
    wait_until("the first look waits for the lock", [&] { return store.waiting() == 1; });
    check_error(store.daemon.http("GET", "/v1/quarantine"), 503, "busy");
  }
  holder.holding.abort();
  CHECK(store.daemon.http("GET", "/v1/quarantine").status == 200);
}

TEST_CASE("checks of a silent server hold up no other pipeline, whether or not anybody waits for them") {
  Store store;
  support::SqliteFile source;
  source.exec("CREATE TABLE far (id INTEGER PRIMARY KEY)");
  const BlockedServer server;
  store.daemon.configure(with_far(store, source, server));
  store.daemon.start();
  REQUIRE(status_of_flush(store) == 200);

  const std::string check = request("POST", "/v1/check", R"({"pipeline":"far"})");
  for (int i = 0; i < 40; ++i) SilentClient(store.daemon.socket(), check);
  const auto waits = store.daemon.start_ctl({"check", "far"});
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  CHECK(status_of_flush(store) == 200);
  CHECK(waits->running());
  CHECK(store.names() == "tea rum gin");
  CHECK(store.daemon.http("POST", "/v1/check", R"({"pipeline":"shop"})").status == 200);
}

TEST_CASE("flushes that are started and given up share a look, and the data goes over") {
  Store store("    mode: manual\n");
  store.start();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  const std::string start = request("POST", "/v1/flush", R"({"timeout_ms":0})");
  for (int i = 0; i < 200; ++i) SilentClient(store.daemon.socket(), start);
  wait_until("the row is there", [&] { return store.names() == "tea rum gin"; });
  CHECK(flush(store.daemon, 0).status == 202);
}

TEST_SUITE_END();

}  // namespace sluice::e2e
