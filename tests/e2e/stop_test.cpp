// The end of a daemon that is told to stop, whatever keeps it waiting.

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

/// Longer than a stop may take, by what a busy machine adds.
constexpr std::chrono::seconds kWithin{20};

bool tells(const support::DaemonProcess& daemon, const std::string& what) {
  return daemon.log().find(what) != std::string::npos;
}

/// A store that is in the midst of something which does not come to its end by itself.
struct Stuck {
  explicit Stuck(const std::string& what) : name(what) {}

  std::string name;
  Store store;
  std::vector<std::unique_ptr<SilentClient>> clients;
  std::unique_ptr<pqxx::connection> somebody;
  std::unique_ptr<pqxx::work> holding;

  void ask(const std::string& bytes) {
    clients.push_back(std::make_unique<SilentClient>(store.daemon.socket(), bytes));
  }
  /// From now on nobody else can even read the table, or what is in quarantine.
  void lock_table() {
    somebody = std::make_unique<pqxx::connection>(store.cluster.url(store.database, store.role));
    holding = std::make_unique<pqxx::work>(*somebody);
    holding->exec("LOCK TABLE packages, sluice.quarantine");
  }
  void wait_for_sessions(int how_many) {
    wait_until("sessions of the daemon wait for the lock (" + name + ")", [&] {
      return store.cluster.psql(store.database,
                                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                " AND application_name LIKE 'sluice/%' AND wait_event_type = 'Lock'") ==
             std::to_string(how_many);
    });
  }
};

std::unique_ptr<Stuck> with_clients_that_say_nothing() {
  auto stuck = std::make_unique<Stuck>("clients");
  stuck->store.start();
  stuck->ask(request("GET", "/v1/events", ""));
  stuck->ask("POST /v1/flush HTTP/1.1\r\nHost: loc");
  stuck->ask("");
  return stuck;
}

std::unique_ptr<Stuck> in_work(const std::string& what, const std::string& bytes) {
  auto stuck = std::make_unique<Stuck>(what);
  stuck->store.start();
  stuck->lock_table();
  stuck->ask(bytes);
  stuck->wait_for_sessions(1);
  return stuck;
}

std::unique_ptr<Stuck> in_a_flush_and_two_looks() {
  auto stuck = std::make_unique<Stuck>("flush and looks");
  stuck->store.start();
  stuck->lock_table();
  stuck->store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  for (const char* path : {"/v1/flush", "/v1/verify"}) stuck->ask(request("POST", path));
  for (int i = 0; i < 2; ++i) stuck->ask(request("GET", "/v1/quarantine"));
  stuck->wait_for_sessions(2);
  return stuck;
}

}  // namespace

TEST_SUITE_BEGIN("stop");

TEST_CASE("a daemon that is told to stop lets go of everything and ends, whoever keeps it waiting") {
  std::vector<std::unique_ptr<Stuck>> all;
  all.push_back(with_clients_that_say_nothing());
  all.push_back(in_work("copy", request("POST", "/v1/resync", R"({"yes":true})")));
  all.push_back(in_work("verify", request("POST", "/v1/verify", "{}")));
  all.push_back(in_work("look", request("GET", "/v1/quarantine")));
  all.push_back(in_a_flush_and_two_looks());
  for (const auto& stuck : all) stuck->store.daemon.signal(SIGTERM);
  for (const auto& stuck : all) {
    CAPTURE(stuck->name);
    CHECK(stuck->store.daemon.wait(kWithin) == 0);
    CHECK_MESSAGE(!tells(stuck->store.daemon, "left_behind"), stuck->store.daemon.log());
  }
}

TEST_CASE("a server that does not answer keeps no daemon alive") {
  support::PostgresCluster cluster;
  const std::string database = cluster.create_database();
  support::SqliteFile source;
  source.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  support::DaemonProcess frozen(shop(source.path(), cluster.url(database)));
  frozen.start();
  must_flush(frozen);

  const BlockedServer server;
  support::SqliteFile other;
  other.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  support::DaemonProcess connecting(shop(other.path(), server.url()));
  connecting.start();
  const SilentClient asks(connecting.socket(), request("POST", "/v1/check"));

  cluster.pause();
  const std::size_t before = frozen.log().size();
  source.exec("INSERT INTO packages VALUES (1, 'tea')");
  const SilentClient flushes(frozen.socket(), request("POST", "/v1/flush"));
  const SilentClient checks(frozen.socket(), request("POST", "/v1/check"));
  wait_until("a batch is on its way",
             [&] { return frozen.log().find("name=apply", before) != std::string::npos; });
  for (support::DaemonProcess* daemon : {&frozen, &connecting}) daemon->signal(SIGTERM);
  for (support::DaemonProcess* daemon : {&frozen, &connecting}) {
    CHECK(daemon->wait(kWithin) == 0);
    CHECK_MESSAGE(!tells(*daemon, "left_behind"), daemon->log());
  }
  cluster.cont();
  frozen.start();
  must_flush(frozen);
  CHECK(cluster.psql(database, "SELECT name FROM packages") == "tea");
}

TEST_CASE("what nothing can end is left behind by name, and the next start goes on") {
  Store store;
  store.source.exec("PRAGMA journal_mode = delete");
  std::string config = shop(store.source.path(), store.cluster.url(store.database, store.role));
  config.insert(config.find("    target:"), "      busy_timeout: 10m\n");
  store.daemon.configure(config);
  store.start();
  store.source.exec("BEGIN EXCLUSIVE; INSERT INTO packages VALUES (3, 'gin')");
  REQUIRE(flush(store.daemon, 300).status == 504);

  SUBCASE("in time") {
    store.daemon.signal(SIGTERM);
    CHECK(store.daemon.wait(kWithin) == 0);
    CHECK(tells(store.daemon, "left_behind pipelines=shop"));
    CHECK_FALSE(std::filesystem::exists(store.daemon.socket()));
    store.source.exec("COMMIT");
    store.daemon.start();
    must_flush(store.daemon);
    CHECK(store.names() == "tea rum gin");
    CHECK_FALSE(tells(store.daemon, "unclean_end"));
  }
  SUBCASE("at once, where it is told twice") {
    store.daemon.signal(SIGTERM);
    wait_until("it stops", [&] { return tells(store.daemon, "stopping"); });
    store.daemon.signal(SIGTERM);
    CHECK(store.daemon.wait(kWithin) == 1);
    CHECK_FALSE(tells(store.daemon, "left_behind"));
    store.source.exec("ROLLBACK");
  }
}

TEST_CASE("clients that go on asking do not keep a daemon from stopping") {
  Store store;
  store.start();
  const std::string hammer =
      "while curl --silent --fail-early --unix-socket \"$1\" --request POST http://localhost/v1/flush; do :; "
      "done";
  std::vector<std::unique_ptr<support::Process>> hammers;
  for (int i = 0; i < 4; ++i) {
    hammers.push_back(std::make_unique<support::Process>(support::Command{
        .arguments = {"sh", "-c", hammer, "sh", store.daemon.socket()}, .output = "/dev/null"}));
  }
  wait_until("flushes are answered", [&] { return store.status().at("last_flush").at("changes") == 0; });
  store.daemon.signal(SIGTERM);
  CHECK(store.daemon.wait(kWithin) == 0);
  CHECK_MESSAGE(!tells(store.daemon, "left_behind"), store.daemon.log());
}

TEST_SUITE_END();

}  // namespace sluice::e2e
