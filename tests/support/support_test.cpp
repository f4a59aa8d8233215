#include <doctest/doctest.h>

#include <pqxx/pqxx>

#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/process.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/wait_until.h"

namespace sluice::support {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a condition that never holds is named when the deadline has passed") {
  CHECK_THROWS_WITH(wait_until(
                        "pigs fly", [] { return false; }, 10ms),
                    "waited 10 ms in vain until pigs fly");
}

TEST_CASE("a program's exit code, output and errors are kept apart") {
  const Outcome said = run(
      {.arguments = {"sh", "-c", "echo $WORD; echo oops >&2; exit 3"}, .environment = {{"WORD", "hello"}}});
  CHECK(said.exit_code == 3);
  CHECK(said.out == "hello\n");
  CHECK(said.err == "oops\n");
}

TEST_CASE("the two roles differ in the right to replicate alone") {
  PostgresCluster& cluster = shared_cluster();
  const std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  const std::string replicate = "SET session_replication_role = replica; SHOW session_replication_role";
  CHECK(cluster.psql(database, replicate, PostgresCluster::kReplicaOwner) == "replica");
  CHECK_THROWS_AS(cluster.psql(database, replicate, PostgresCluster::kOwner), pqxx::sql_error);
}

TEST_CASE("a stopped server comes back with its data, also after a crash") {
  PostgresCluster cluster({"wal_level = logical"});
  CHECK(cluster.psql("postgres", "SHOW wal_level") == "logical");
  const std::string database = cluster.create_database();
  cluster.psql(database, "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (NULL)");
  cluster.restart(StopMode::fast);
  cluster.restart(StopMode::immediate);
  CHECK(cluster.psql(database, "SELECT a, 'x' FROM t ORDER BY a") == "1|x\nNULL|x");
  cluster.stop();
  CHECK_THROWS_AS(cluster.psql(database, "SELECT 1"), pqxx::broken_connection);
}

TEST_CASE("a paused server does not answer and goes on afterwards") {
  PostgresCluster cluster;
  cluster.pause();
  Process query(
      {.arguments = {"psql", cluster.url("postgres", PostgresCluster::kSuperuser), "-c", "SELECT 1"}});
  CHECK_THROWS(query.wait(300ms));
  cluster.cont();
  CHECK(query.wait() == 0);
}

struct Linked {
  explicit Linked(TcpRelay::Listen listen) : relay(shared_cluster().socket(), listen) {}
  std::string url() const { return relay.url("postgres", PostgresCluster::kSuperuser); }
  TcpRelay relay;
};

TEST_CASE("a relay counts the round trips of a query on both kinds of socket") {
  for (const auto listen : {TcpRelay::Listen::unix_socket, TcpRelay::Listen::loopback}) {
    const Linked linked(listen);
    pqxx::connection connection(linked.url());
    pqxx::nontransaction work(connection);
    work.exec("SELECT 1");
    const std::int64_t before = linked.relay.round_trips();
    const std::int64_t bytes = linked.relay.bytes(TcpRelay::Direction::to_server);
    work.exec("SELECT 1; SELECT 2");
    CHECK(linked.relay.round_trips() == before + 1);
    CHECK(linked.relay.bytes(TcpRelay::Direction::to_server) == bytes + 24);
    CHECK(linked.relay.connections() == 1);
  }
}

TEST_CASE("a relay delays, rejects and cuts as it is told") {
  Linked linked(TcpRelay::Listen::unix_socket);
  pqxx::connection connection(linked.url());
  pqxx::nontransaction work(connection);

  linked.relay.delay(50ms);
  const auto start = std::chrono::steady_clock::now();
  work.exec("SELECT 1");
  CHECK(std::chrono::steady_clock::now() - start >= 100ms);
  linked.relay.delay(0ms);

  linked.relay.reject(true);
  CHECK_THROWS_AS(pqxx::connection{linked.url()}, pqxx::broken_connection);
  linked.relay.reject(false);
  pqxx::connection second(linked.url());
  pqxx::nontransaction second_work(second);

  linked.relay.cut();
  CHECK_THROWS_AS(work.exec("SELECT 1"), pqxx::broken_connection);
  CHECK_THROWS_AS(second_work.exec("SELECT 1"), pqxx::broken_connection);
}

TEST_CASE("a relay that cuts after some bytes passes on exactly those") {
  Linked linked(TcpRelay::Listen::unix_socket);
  pqxx::connection connection(linked.url());
  pqxx::nontransaction work(connection);
  linked.relay.reset_counts();
  linked.relay.cut_after(TcpRelay::Direction::to_client, 1000);
  CHECK_THROWS_AS(work.exec("SELECT repeat('x', 100000)"), pqxx::broken_connection);
  CHECK(linked.relay.bytes(TcpRelay::Direction::to_client) == 1000);
  const pqxx::connection again(linked.url());
  CHECK(again.is_open());
}

TEST_CASE("a relay whose connections wear out closes each after what it can carry") {
  Linked linked(TcpRelay::Listen::unix_socket);
  linked.relay.carry_at_most(20'000);
  for (int worn_out = 1; worn_out <= 2; ++worn_out) {
    pqxx::connection connection(linked.url());
    pqxx::nontransaction work(connection);
    work.exec("SELECT repeat('x', 10000)");
    linked.relay.reset_counts();
    CHECK_THROWS_AS(work.exec("SELECT repeat('x', 20000)"), pqxx::broken_connection);
    CHECK(linked.relay.bytes(TcpRelay::Direction::to_client) < 10'000);
    CHECK(linked.relay.worn_out() == worn_out);
  }
  linked.relay.carry_at_most(std::nullopt);
  pqxx::connection connection(linked.url());
  CHECK_NOTHROW(pqxx::nontransaction(connection).exec("SELECT repeat('x', 40000)"));
}

TEST_CASE("a stalled relay holds everything back until it is let go") {
  Linked linked(TcpRelay::Listen::unix_socket);
  linked.relay.stall(true);
  Process query({.arguments = {"psql", linked.url(), "-c", "SELECT 1"}});
  CHECK_THROWS(query.wait(300ms));
  linked.relay.stall(false);
  CHECK(query.wait() == 0);
}

TEST_CASE("two tables with the same values in other types are equal, any other value is named") {
  PostgresCluster& cluster = shared_cluster();
  const std::string database = cluster.create_database();
  cluster.psql(
      database,
      "CREATE TABLE t (id bigint PRIMARY KEY, n numeric(10,2), b bytea, ok boolean, at timestamp, d float8);"
      "INSERT INTO t VALUES (1, 1.50, '\\x00ff', true, '2024-02-29 01:02:03', 0.1), (2, NULL, '', NULL, "
      "NULL, 1e300)");
  SqliteFile source;
  source.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n, b BLOB, ok, at TEXT, d REAL);"
      "INSERT INTO t VALUES (1, 1.5, x'00ff', 1, '2024-02-29 01:02:03', 0.1), (2, NULL, x'', NULL, NULL, "
      "1e300)");
  const TablePair tables{"t", "public.t", {"id"}};
  CHECK(differences(source, cluster, database, tables).empty());

  source.exec(
      "UPDATE t SET n = 1.51 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t (id) VALUES (3)");
  const auto found = differences(source, cluster, database, tables);
  REQUIRE(found.size() == 3);
  CHECK(found[0] == "t (1): n is [1.51] in the source and [1.50] in the target");
  CHECK(found[1] == "t (3) is only in the source");
  CHECK(found[2] == "t (2) is only in the target");
}

TEST_CASE("neighbouring 64-bit integers are not called equal") {
  PostgresCluster& cluster = shared_cluster();
  const std::string database = cluster.create_database();
  cluster.psql(database,
               "CREATE TABLE t (id bigint, n bigint); INSERT INTO t VALUES (1, 9223372036854775806)");
  SqliteFile source;
  source.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (1, 9223372036854775807)");
  CHECK(differences(source, cluster, database, {"t", "", {"id"}}).size() == 1);
}

}  // namespace
}  // namespace sluice::support
