// Behind pgbouncer in transaction mode: every transaction may meet another backend, which other clients used
// a moment ago and will use a moment later.

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <pqxx/pqxx>
#include <thread>
#include <vector>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/pgbouncer_process.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PgbouncerProcess;
using support::PostgresCluster;
using support::SqliteFile;
using support::wait_until;

/// Another application on the same pool, which takes a backend for a moment again and again.
class Neighbour {
 public:
  explicit Neighbour(const std::string& url) : thread_([this, url] { work(url); }) {}
  ~Neighbour() { finish(); }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  /// What it complained of, if it did.
  std::string finish() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
    return complaint_;
  }

 private:
  void work(const std::string& url) {
    try {
      pqxx::connection connection(url);
      pqxx::nontransaction work(connection);
      while (!enough_) {
        work.exec("BEGIN; SELECT count(*) FROM pg_class; COMMIT");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // an application thinks
      }
    } catch (const std::exception& error) {
      complaint_ = error.what();
    }
  }

  std::atomic<bool> enough_ = false;
  std::string complaint_;
  std::thread thread_;
};

/// A shop whose daemon and neighbour share the backends of a small pool. Postgres notes which backend wrote.
struct Pool {
  explicit Pool(const std::string& role_ = PostgresCluster::kReplicaOwner, const std::string& settings = "")
      : role(role_),
        database(cluster.create_database(role)),
        pooler(cluster),
        url(pooler.url(database, role)),
        daemon(shop(source.path(), url, settings)),
        neighbour(url) {
    source.exec(
        "PRAGMA foreign_keys = ON;"
        "CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
        "CREATE TABLE goods (id INTEGER PRIMARY KEY, maker INTEGER REFERENCES makers ON DELETE CASCADE,"
        " name TEXT, price REAL);");
    server(
        "CREATE TABLE makers (id bigint PRIMARY KEY, name varchar(20) UNIQUE);"
        "CREATE TABLE goods (id bigint PRIMARY KEY, maker bigint REFERENCES makers ON DELETE CASCADE,"
        " name text, price double precision);"
        "CREATE TABLE writers (pid int PRIMARY KEY);"
        "CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO public.writers VALUES (pg_backend_pid()) ON CONFLICT DO NOTHING;"
        " RETURN NULL; END';"
        "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON makers"
        " FOR EACH STATEMENT EXECUTE FUNCTION note_writer();"
        "ALTER TABLE makers ENABLE ALWAYS TRIGGER note");
  }

  std::string server(const std::string& sql) const { return cluster.psql(database, sql, role); }

  void add(int rows) {
    source.exec(
        "INSERT INTO makers (name) SELECT 'maker ' || (SELECT coalesce(max(id), 0) + 1 FROM makers);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(rows) +
        ") INSERT INTO goods (maker, name, price) SELECT (SELECT max(id) FROM makers), 'goods ' || i,"
        " i * 1.25 FROM n");
  }

  std::string differences() {
    return support::listed_differences(source, cluster, database, {"makers", "", {"id"}}) +
           support::listed_differences(source, cluster, database, {"goods", "", {"id"}});
  }

  /// What sessions left behind on any backend of the pool; empty where every client finds it as it began.
  /// Each is asked by a client that keeps it while the others are asked.
  std::string traces() {
    const int all = std::stoi(
        server("SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND datname ="
               " current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"));
    std::string found;
    std::vector<std::unique_ptr<pqxx::connection>> connections;
    std::vector<std::unique_ptr<pqxx::work>> clients;
    for (int i = 0; i < all; ++i) {
      connections.push_back(std::make_unique<pqxx::connection>(url));
      clients.push_back(std::make_unique<pqxx::work>(*connections.back()));
      // The pooler itself tells a backend the name of the client that it serves; and the isolation level is a
      // transaction's own, whatever the catalog says of its source.
      const auto row = clients.back()->exec(
          "SELECT (SELECT string_agg(name || '=' || setting, ' ') FROM pg_settings"
          " WHERE source = 'session' AND name NOT IN ('application_name', 'transaction_isolation')),"
          " (SELECT string_agg(name, ' ') FROM pg_prepared_statements),"
          " (SELECT string_agg(name, ' ') FROM pg_cursors WHERE is_holdable),"
          " (SELECT string_agg(relname, ' ') FROM pg_class WHERE relpersistence = 't'),"
          " (SELECT string_agg(objid::text, ' ') FROM pg_locks WHERE locktype = 'advisory')")[0];
      for (const auto& field : row) {
        if (!field.is_null()) found += field.as<std::string>() + '\n';
      }
    }
    return found;
  }

  void check_clean() {
    CHECK(differences() == "");
    CHECK(traces() == "");
    CHECK(neighbour.finish() == "");
  }

  PostgresCluster& cluster = support::shared_cluster();
  std::string role;
  std::string database;
  PgbouncerProcess pooler;
  std::string url;
  SqliteFile source;
  DaemonProcess daemon;
  Neighbour neighbour;
};

}  // namespace

TEST_SUITE_BEGIN("pooler");

TEST_CASE("first copy, stream, large batches, flushes and a restart leave nothing on the backends") {
  for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
    CAPTURE(role);
    Pool pool(role);
    pool.add(3000);
    pool.daemon.start();
    must_flush(pool.daemon);
    for (int change = 0; change < 20; ++change) {
      pool.add(2);
      must_flush(pool.daemon);
    }
    pool.add(4000);
    pool.source.exec(
        "UPDATE goods SET price = price + 1 WHERE id % 2 = 0; DELETE FROM goods WHERE id % 5 = 0;"
        "DELETE FROM makers WHERE id = 1");
    must_flush(pool.daemon);
    CHECK(must_flush(pool.daemon).at("outcome") == "nothing_to_do");
    pool.daemon.stop();
    pool.add(10);
    pool.daemon.start();
    must_flush(pool.daemon);
    wait_for_state(pool.daemon, "streaming");
    wait_until("several backends have written", [&] {
      pool.add(1);
      must_flush(pool.daemon);
      return std::stoi(pool.server("SELECT count(*) FROM writers")) > 1;
    });
    pool.check_clean();
  }
}

TEST_CASE("a table that Sluice makes itself is made through a pooler as well") {
  Pool pool;
  pool.server("DROP TABLE goods, makers CASCADE");
  pool.add(1000);
  pool.daemon.start();
  must_flush(pool.daemon);
  CHECK(pool.differences() == "");
  CHECK(pool.traces() == "");
}

TEST_CASE("a refused row halts through a pooler as well, and goes on when it has changed") {
  for (const int rows : {3, 2000}) {
    CAPTURE(rows);
    Pool pool;
    pool.daemon.start();
    must_flush(pool.daemon);
    pool.source.exec("INSERT INTO makers VALUES (100, 'a name of more than twenty letters')");
    pool.add(rows);
    wait_for_state(pool.daemon, "halted");
    const auto error = pipeline_status(pool.daemon).at("error");
    CHECK(error.at("sqlstate") == "22001");
    CHECK(error.at("class") == "row");
    CHECK(error.at("table") == "makers");
    CHECK(error.at("key") == "100");
    pool.source.exec("UPDATE makers SET name = 'short' WHERE id = 100");
    must_flush(pool.daemon);
    pool.add(1);
    must_flush(pool.daemon);
    pool.add(1);
    must_flush(pool.daemon);
    pool.check_clean();
  }
}

TEST_CASE("check names the pooler") {
  Pool pool;
  pool.add(1);
  pool.daemon.start();
  must_flush(pool.daemon);
  const auto checked = pool.daemon.ctl({"check"});
  CHECK(checked.exit_code == 0);
  CHECK(checked.out.find("pooler") != std::string::npos);
}

TEST_CASE("a daemon that was killed finds its place again, and ends nobody else's work") {
  Pool pool;
  pool.daemon.start();
  must_flush(pool.daemon);
  for (int death = 0; death < 4; ++death) {
    pool.add(3000);
    pool.daemon.kill();
    pool.daemon.start();
  }
  must_flush(pool.daemon);
  pool.check_clean();
}

TEST_CASE(
    "a server that a failover has left read-only is waited for, though the pooler keeps the connection") {
  PostgresCluster cluster;
  const std::string role = PostgresCluster::kReplicaOwner;
  const std::string database = cluster.create_database(role);
  const PgbouncerProcess pooler(cluster);
  SqliteFile source;
  source.exec(
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, content TEXT); INSERT INTO notes VALUES (1, 'one')");
  DaemonProcess daemon(shop(source.path(), pooler.url(database, role)));
  daemon.start();
  must_flush(daemon);

  cluster.stop();
  std::ofstream(cluster.socket_folder() / "data" / "standby.signal").close();
  cluster.start();
  source.exec("INSERT INTO notes VALUES (2, 'two')");
  wait_for_state(daemon, "retrying");
  CHECK(flush(daemon).status == 503);
  CHECK(cluster.psql(database, "SELECT count(*) FROM notes") == "1");

  cluster.psql("postgres", "SELECT pg_promote()");
  wait_until("the row is there", [&] { return cluster.psql(database, "SELECT count(*) FROM notes") == "2"; });
  wait_for_state(daemon, "streaming");
  CHECK(daemon.log().find("state=halted") == std::string::npos);
}

TEST_SUITE_END();

}  // namespace sluice::e2e
