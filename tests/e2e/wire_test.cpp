// The wire between the daemon and Postgres: how often it is crossed, and what happens when it breaks.

#include <doctest/doctest.h>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/tcp_relay.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PostgresCluster;
using support::SqliteFile;
using support::TcpRelay;
using support::wait_until;
using Direction = TcpRelay::Direction;
using namespace std::chrono_literals;

constexpr const char* kManual = "    mode: manual\n";

/// A source with one table, its target behind a relay, and the daemon between them, with its first copy done.
struct Wire {
  explicit Wire(const std::string& settings, TcpRelay::Listen listen = TcpRelay::Listen::unix_socket)
      : database(cluster.create_database(PostgresCluster::kReplicaOwner)),
        relay(cluster.socket(), listen),
        daemon(shop(source.path(), relay.url(database, PostgresCluster::kReplicaOwner), settings)) {
    source.exec("CREATE TABLE parcels (id INTEGER PRIMARY KEY, content TEXT)");
    cluster.psql(database, "CREATE TABLE parcels (id bigint PRIMARY KEY, content text)",
                 PostgresCluster::kReplicaOwner);
    count_inserts(cluster, database, "parcels", PostgresCluster::kReplicaOwner);
    daemon.start();
    must_flush(daemon);
  }

  /// Adds rows in one transaction.
  void add(int rows, int bytes = 10) {
    source.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(rows) + ") INSERT INTO parcels (content) SELECT hex(randomblob(" +
                std::to_string(bytes / 2) + ")) FROM n");
  }

  void warm_up() {
    add(1);
    must_flush(daemon);
    relay.reset_counts();
  }

  std::string count() const { return cluster.psql(database, "SELECT count(*) FROM parcels"); }

  void check_equal() {
    CHECK(support::differences(source, cluster, database, {"parcels", "", {"id"}}).empty());
  }

  void check_inserted_once() {
    CHECK(cluster.psql(database, "SELECT count(*), count(DISTINCT key) FROM inserted_into_parcels") ==
          count() + "|" + count());
  }

  PostgresCluster& cluster = support::shared_cluster();
  SqliteFile source;
  std::string database;
  TcpRelay relay;
  DaemonProcess daemon;
};

TEST_SUITE_BEGIN("wire");

TEST_CASE("a flush of one row is one round trip, on both kinds of socket") {
  for (const auto listen : {TcpRelay::Listen::unix_socket, TcpRelay::Listen::loopback}) {
    Wire wire(kManual, listen);
    wire.warm_up();
    wire.add(1);
    const auto answer = must_flush(wire.daemon);
    CHECK(answer.at("outcome") == "flushed");
    CHECK(answer.at("changes") == 1);
    CHECK(wire.relay.round_trips() == 1);
    CHECK(wire.relay.connections() == 0);
    wire.check_equal();
  }
}

TEST_CASE("a flush with nothing to do asks the server once whether it is still what it was") {
  Wire wire(kManual);
  wire.warm_up();
  CHECK(must_flush(wire.daemon).at("outcome") == "nothing_to_do");
  CHECK(wire.relay.round_trips() == 1);
}

TEST_CASE("a row that is brought over by itself is one round trip as well") {
  Wire wire("");
  wire.warm_up();
  wire.add(1);
  wait_until("the row is there", [&] { return wire.count() == "2"; });
  CHECK(wire.relay.round_trips() == 1);
}

TEST_CASE("over a slow link a flush takes little more than its one round trip") {
  Wire wire(kManual);
  wire.warm_up();
  wire.relay.delay(25ms);
  wire.add(1);
  const double elapsed = must_flush(wire.daemon).at("elapsed_ms");
  MESSAGE("a flush over a link of 25 ms each way took " << elapsed / 50 << " round trips of time");
  CHECK(elapsed >= 50);
  CHECK(wire.relay.round_trips() == 1);
}

TEST_CASE("a small commit in doubt is settled by the stored position") {
  Wire wire(kManual);
  wire.warm_up();
  wire.add(3);
  // The server answers once it has committed; that answer is lost.
  wire.relay.cut_at_answer("COMMIT");
  // The flush takes a second connection, and finds there that all has been done.
  const auto settled = flush(wire.daemon);
  CHECK(settled.status == 200);
  CHECK(settled.json.at("changes") == 0);
  CHECK(wire.count() == "4");
  const auto position = pipeline_status(wire.daemon).at("position");
  CHECK(position.at("applied") == position.at("captured"));
  wire.check_equal();
  wire.check_inserted_once();
}

TEST_CASE("a large commit in doubt is settled by the stored position") {
  Wire wire(kManual);
  wire.warm_up();
  wire.add(2000);
  wire.relay.cut_at_answer("COMMIT");
  CHECK(flush(wire.daemon).json.at("changes") == 0);
  CHECK(wire.count() == "2001");
  wire.check_equal();
  wire.check_inserted_once();
}

TEST_CASE("a transaction cut in the middle leaves nothing behind and is brought over again") {
  Wire wire(kManual);
  wire.warm_up();
  wire.add(2000, 100);
  wire.relay.cut_after(Direction::to_server, 100'000);
  CHECK(flush(wire.daemon).status == 200);
  CHECK(wire.relay.connections() == 1);
  CHECK(wire.count() == "2001");

  must_flush(wire.daemon);
  wire.check_equal();
  wire.check_inserted_once();
}

TEST_CASE("a backlog arrives over a link that breaks again and again") {
  Wire wire("");
  wire.warm_up();
  wire.relay.reject(true);
  wire.relay.cut();
  for (int transaction = 0; transaction < 20; ++transaction) wire.add(500, 200);

  // From here on no connection carries more than this.
  constexpr std::int64_t kLifetime = 256 << 10;
  const std::string all = "10001";
  std::int64_t cuts = 0;
  wire.relay.cut_after(Direction::to_server, kLifetime);
  wire.relay.reject(false);
  auto carried = wire.relay.connections();
  wait_until(
      "the backlog is there",
      [&] {
        if (wire.relay.connections() != carried) {
          carried = wire.relay.connections();
          ++cuts;
          wire.relay.cut_after(Direction::to_server, kLifetime);
        }
        return wire.count() == all;
      },
      2 * support::kPatience);
  MESSAGE("the link broke " << cuts << " times");
  CHECK(cuts >= 10);
  wire.check_equal();
  wire.check_inserted_once();
}

TEST_CASE("a server that can't be reached is waited for, and work goes on by itself") {
  Wire wire("");
  wire.warm_up();
  wire.relay.reject(true);
  wire.relay.cut();
  wire.add(1);
  wait_for_state(wire.daemon, "retrying");
  const auto error = pipeline_status(wire.daemon).at("error");
  CHECK(error.at("message") != "");
  CHECK(error.at("hint") != "");
  CHECK(wire.count() == "1");

  wire.relay.reject(false);
  wait_until("the row is there", [&] { return wire.count() == "2"; });
  wait_for_state(wire.daemon, "streaming");
  CHECK(pipeline_status(wire.daemon).at("error").is_null());
  wire.check_inserted_once();
}

/// The last word of two about a key in YAML would be an error, so this one replaces the short waits of
/// shop().
std::string patient(std::string config) {
  for (const auto& [brief, long_time] :
       {std::pair("initial: 50ms", "initial: 1h"), {"max: 500ms", "max: 1h"}}) {
    config.replace(config.find(brief), std::string(brief).size(), long_time);
  }
  return config;
}

TEST_CASE("a flush during the backoff tries at once, says that the server is away, and later works at once") {
  Wire wire(kManual);
  wire.daemon.stop();
  wire.daemon.configure(patient(
      shop(wire.source.path(), wire.relay.url(wire.database, PostgresCluster::kReplicaOwner), kManual)));
  wire.daemon.start();
  wire.warm_up();
  wire.relay.reject(true);
  wire.relay.cut();
  wire.add(1);
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto answer = flush(wire.daemon);
    CHECK(answer.status == 503);
    REQUIRE(answer.json.is_object());
    CHECK(answer.json.at("error").at("code") == "target_away");
    CHECK(answer.json.at("error").at("hint") != "");
  }
  CHECK(pipeline_status(wire.daemon).at("state") == "retrying");

  wire.relay.reject(false);
  CHECK(must_flush(wire.daemon).at("changes") == 1);
  CHECK(wire.count() == "2");
}

TEST_CASE("a flush that a stalled server holds up answers after its timeout, and the work goes on") {
  Wire wire(kManual);
  wire.warm_up();
  wire.relay.stall(true);
  wire.add(1);
  const auto answer = flush(wire.daemon, 300);
  CHECK(answer.status == 504);
  REQUIRE(answer.json.is_object());
  CHECK(answer.json.at("error").at("code") == "timed_out");
  CHECK(answer.json.at("error").at("hint") != "");
  CHECK(pipeline_status(wire.daemon).is_object());

  wire.relay.stall(false);
  wait_until("the row is there", [&] { return wire.count() == "2"; });
  wire.check_inserted_once();
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
