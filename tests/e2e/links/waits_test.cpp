// Servers that keep the daemon waiting: it says for what and for whom, gives way where others would wait
// behind it, and goes on by itself.

#include <doctest/doctest.h>

#include <memory>
#include <pqxx/pqxx>

#include "tests/e2e/store.h"
#include "tests/support/pgbouncer_process.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::PostgresCluster;
using support::wait_until;

/// Somebody's open transaction.
struct Forgotten {
  Forgotten(const Store& store, const std::string& sql)
      : connection(store.cluster.url(store.database, PostgresCluster::kSuperuser) +
                   "&application_name=report"),
        work(connection) {
    work.exec(sql);
  }
  std::string name() { return "report, pid " + std::to_string(connection.backendpid()) + ", user postgres"; }

  pqxx::connection connection;
  pqxx::work work;
};

/// What the pipeline waits for, once it says so of this kind.
json waiting(Store& store, const std::string& kind) {
  json found;
  wait_until("the pipeline waits for a " + kind, [&] {
    const json status = store.status();
    if (!status.is_object() || status.at("waiting").is_null()) return false;
    found = status.at("waiting");
    return found.at("for") == kind;
  });
  CHECK(found.at("hint") != "");
  CHECK(found.at("since") != "");
  return found;
}

void check_goes_on(Store& store) {
  must_flush(store.daemon);
  CHECK(store.differences() == "");
  CHECK(store.status().at("waiting").is_null());
}

void check_lock(const json& found, Forgotten& holder, const std::string& what) {
  CHECK(found.at("what") == what);
  CHECK(found.at("who") == holder.name());
  const std::string hint = found.at("hint");
  CHECK_MESSAGE(hint.find("pg_terminate_backend(" + std::to_string(holder.connection.backendpid()) + ")") !=
                    std::string::npos,
                hint);
}

}  // namespace

TEST_CASE("a table that is locked when the daemon starts is named, with who locked it") {
  Store store;
  auto holder = std::make_unique<Forgotten>(store, "LOCK TABLE packages");
  store.daemon.start();
  check_lock(waiting(store, "lock"), *holder, "table public.packages");
  const auto screen = store.daemon.ctl({"status"}).out;
  CAPTURE(screen);
  CHECK(screen.find("waiting      for a lock: table public.packages, held by " + holder->name()) !=
        std::string::npos);
  CHECK(screen.find("pg_terminate_backend") != std::string::npos);
  CHECK(store.daemon.log().find(" waiting pipeline=shop") != std::string::npos);
  holder.reset();
  check_goes_on(store);
}

TEST_CASE("a table that is locked under way is named, until the remedy has been followed") {
  Store store;
  store.start();
  Forgotten holder(store, "LOCK TABLE packages IN SHARE MODE");
  store.source.exec("INSERT INTO packages VALUES (3, 'fig')");
  check_lock(waiting(store, "lock"), holder, "table public.packages");
  CHECK(store.status().at("error").is_null());
  store.cluster.psql(store.database,
                     "SELECT pg_terminate_backend(" + std::to_string(holder.connection.backendpid()) + ")");
  check_goes_on(store);
}

TEST_CASE("a row that somebody has written and not committed is waited for by name") {
  Store store;
  store.start();
  Forgotten holder(store, "UPDATE packages SET name = 'x' WHERE id = 1");
  store.source.exec("UPDATE packages SET name = 'fig' WHERE id = 1");
  check_lock(waiting(store, "lock"), holder, "a row of table public.packages");
  holder.work.abort();
  check_goes_on(store);
}

TEST_CASE("a change of a table keeps its readers waiting for moments only, and is made in the end") {
  Store store;
  store.start();
  auto reader = std::make_unique<Forgotten>(store, "SELECT * FROM packages");
  store.source.exec("ALTER TABLE packages ADD COLUMN weight INTEGER DEFAULT 5");
  store.source.exec("INSERT INTO packages VALUES (3, 'fig', 7)");
  wait_until("the change is given up for now", [&] {
    const json error = store.status().at("error");
    return error.is_object() && error.at("code") == "lock_timeout";
  });
  const json status = store.status();
  const std::string message = status.at("error").at("message");
  CHECK_MESSAGE(message.find("table public.packages") != std::string::npos, message);
  CHECK_MESSAGE(message.find(reader->name()) != std::string::npos, message);
  CHECK(status.at("error").at("class") == "target");
  // Whoever comes now may wait behind the next attempt, but not for the reader.
  CHECK(store.cluster.psql(store.database, "SET statement_timeout = '8s'; SELECT count(*) FROM packages") ==
        "2");
  reader.reset();
  check_goes_on(store);
  CHECK(store.server("SELECT weight FROM packages WHERE id = 3") == "7");
}

TEST_CASE("limits and habits of the role do not matter") {
  Store store;
  for (const char* setting :
       {"statement_timeout = '10ms'", "lock_timeout = '1ms'", "default_transaction_isolation = serializable",
        "search_path = ''", "idle_in_transaction_session_timeout = '300ms'", "idle_session_timeout = '300ms'",
        "exit_on_error = on", "array_nulls = off", "plpgsql.variable_conflict = use_column",
        "plpgsql.extra_errors = 'all'"})
    store.cluster.psql("postgres",
                       "ALTER ROLE " + store.role + " IN DATABASE \"" + store.database + "\" SET " + setting);
  store.start();
  store.source.exec(
      "INSERT INTO packages SELECT value, CASE WHEN value % 2 THEN 'n' || value END FROM"
      " (WITH RECURSIVE n(value) AS (VALUES(3) UNION ALL SELECT value + 1 FROM n WHERE value < 2000) SELECT "
      "* FROM n)");
  check_goes_on(store);
  store.source.exec("UPDATE packages SET name = 'NULL' WHERE id < 5");
  check_goes_on(store);
  CHECK(store.status().at("error").is_null());
  CHECK(store.daemon.log().find("pipeline_error") == std::string::npos);
}

TEST_CASE("a server that is away is waited for, and one that does not answer as well") {
  PostgresCluster own;
  const auto database = own.create_database();
  support::SqliteFile source;
  source.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  support::DaemonProcess daemon(shop(source.path(), own.url(database)));
  daemon.start();
  must_flush(daemon);
  const auto waits_for = [&](const std::string& words) {
    wait_until("it waits for " + words, [&] {
      const json found = pipeline_status(daemon).at("waiting");
      return found.is_object() && found.at("for") == "connection" &&
             found.at("what").get<std::string>().starts_with(words);
    });
  };
  own.pause();
  source.exec("INSERT INTO packages VALUES (1, 'tea')");
  waits_for("an answer of postgresql://");
  own.cont();
  must_flush(daemon);
  own.stop();
  source.exec("INSERT INTO packages VALUES (2, 'rum')");
  waits_for("a connection to postgresql://");
  own.start();
  must_flush(daemon);
  CHECK(own.psql(database, "SELECT count(*) FROM packages") == "2");
  CHECK(pipeline_status(daemon).at("waiting").is_null());
}

TEST_CASE("a commit that no standby confirms is a wait for the commit") {
  PostgresCluster own({"synchronous_commit = on"});
  const auto database = own.create_database();
  support::SqliteFile source;
  source.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  support::DaemonProcess daemon(shop(source.path(), own.url(database)));
  daemon.start();
  must_flush(daemon);
  own.psql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'gone'");
  own.psql("postgres", "SELECT pg_reload_conf()");
  wait_until("commits wait",
             [&] { return own.psql("postgres", "SHOW synchronous_standby_names") == "gone"; });
  wait_until("it waits for the commit", [&] {
    const json status = pipeline_status(daemon);
    // Not every process of the server knows the setting at once.
    if (status.at("position").at("pending") == 0) source.exec("INSERT INTO packages (name) VALUES ('tea')");
    const json& found = status.at("waiting");
    return found.is_object() && found.at("for") == "commit" &&
           found.at("what").get<std::string>().find("gone") != std::string::npos;
  });
  own.psql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
  own.psql("postgres", "SELECT pg_reload_conf()");
  must_flush(daemon);
  CHECK(pipeline_status(daemon).at("waiting").is_null());
}

TEST_CASE("a file that another program keeps locked is what is waited for") {
  support::SqliteFile source("delete");
  auto& cluster = support::shared_cluster();
  const auto database = cluster.create_database();
  source.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  std::string config = shop(source.path(), cluster.url(database));
  const std::string path = source.path().string();
  config.insert(config.find(path) + path.size(), "\n      busy_timeout: 100ms");
  support::DaemonProcess daemon(config);
  daemon.start();
  must_flush(daemon);
  source.exec("BEGIN EXCLUSIVE; INSERT INTO packages VALUES (1, 'tea')");
  CHECK(flush(daemon).status == 503);
  const json found = pipeline_status(daemon).at("waiting");
  REQUIRE(found.is_object());
  CHECK(found.at("for") == "file");
  CHECK(found.at("what") == path);
  source.exec("COMMIT");
  must_flush(daemon);
  CHECK(pipeline_status(daemon).at("waiting").is_null());
}

}  // namespace sluice::e2e
