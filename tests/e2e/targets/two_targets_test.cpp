// One file that two pipelines of a daemon bring to two databases: whoever ends one of them leaves the other
// its capture, and the application its file.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/scene.h"
#include "tests/support/contains.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::contains;
using support::PostgresCluster;

struct TwoTargets {
  TwoTargets() {
    source.exec("CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO note VALUES(1, 'a')");
    daemon.start();
    for (const char* name : {"one", "two"}) REQUIRE(daemon.ctl({"flush", name}).exit_code == 0);
  }

  std::string one() { return "pipelines:\n" + pipeline("one", first); }
  std::string both() { return one() + pipeline("two", second); }

  std::string pipeline(const std::string& name, const std::string& database) {
    return "  " + name + ":\n    source: {path: " + source.path().string() + "}\n    target: {url: \"" +
           cluster.url(database, PostgresCluster::kReplicaOwner) + "\"}\n";
  }

  void reload(const std::string& config) {
    daemon.configure(config);
    REQUIRE(daemon.ctl({"reload"}).exit_code == 0);
  }

  std::string notes(const std::string& database) {
    return cluster.psql(database, "SELECT string_agg(body, '' ORDER BY id) FROM note",
                        PostgresCluster::kReplicaOwner);
  }

  std::string state_of(const std::string& name) {
    const auto status = daemon.http("GET", "/v1/status").json;
    for (const auto& pipeline : status.at("pipelines"))
      if (pipeline.at("name") == name) return pipeline.at("state");
    return "";
  }

  bool captured() {
    return source.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_*'") != "0";
  }

  /// Writes a row, which goes to the second database and to the first no more.
  void expect_second_alone() {
    source.exec("INSERT INTO note(body) VALUES('b')");
    support::wait_until("it is in the second", [&] { return notes(second) == "ab"; });
    CHECK(state_of("two") == "streaming");
    CHECK(notes(first) == "a");
  }

  PostgresCluster& cluster = support::shared_cluster();
  std::string first = cluster.create_database(PostgresCluster::kReplicaOwner);
  std::string second = cluster.create_database(PostgresCluster::kReplicaOwner);
  support::SqliteFile source;
  support::DaemonProcess daemon{both()};
};

}  // namespace

TEST_CASE("an uninstall of one takes out what is its own alone, the last one everything") {
  TwoTargets pair;
  const auto done = pair.daemon.ctl({"uninstall", "one", "--target", "--yes"});
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out, "capture stays in " + pair.source.path().string() + " for two"));
  CHECK(contains(done.out, "Postgres has forgotten the pipeline"));
  pair.expect_second_alone();
  // Both are let go of before anything is taken out, or one would put it back.
  CHECK(pair.daemon.ctl({"uninstall", "--yes"}).exit_code == 0);
  CHECK_FALSE(pair.captured());
}

TEST_CASE("a cutover of one leaves the file to the other, whose own cutover fences it") {
  TwoTargets pair;
  const auto done = pair.daemon.ctl({"cutover", "one", "--yes"});
  CHECK(done.err == "");
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out,
                 "takes writes as before, which go on to pipeline two, and to this Postgres no more"));
  CHECK(pair.state_of("one") == "finished");
  pair.expect_second_alone();
  pair.daemon.kill();
  pair.daemon.start();
  support::wait_until("it has ended for good", [&] { return pair.state_of("one") == "finished"; });
  support::wait_until("the other goes on", [&] { return pair.state_of("two") == "streaming"; });
  const auto last = pair.daemon.ctl({"cutover", "two", "--yes", "--json"});
  CHECK(last.exit_code == 0);
  CHECK(contains(last.out, R"("fenced":true,"shared_with":[])"));
  CHECK_THROWS_WITH(pair.source.exec("INSERT INTO note(body) VALUES('c')"),
                    "this database has moved to Postgres");
}

TEST_CASE("a fence goes with an uninstall, also where another pipeline is to read the file") {
  TwoTargets pair;
  pair.reload(pair.one());
  CHECK(pair.daemon.ctl({"cutover", "one", "--yes"}).exit_code == 0);
  CHECK_THROWS(pair.source.exec("INSERT INTO note(body) VALUES('c')"));
  pair.reload(pair.both());
  // It has what the file last held, and no more is to come.
  support::wait_until("the second has ended, too", [&] { return pair.state_of("two") == "finished"; });
  const auto done = pair.daemon.ctl({"uninstall", "one", "--yes"});
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out, "it takes writes again"));
  pair.source.exec("INSERT INTO note(body) VALUES('b')");
  CHECK(pair.daemon.ctl({"uninstall", "two", "--target", "--yes"}).exit_code == 0);
  pair.daemon.stop();
  pair.daemon.configure("pipelines:\n" + pair.pipeline("two", pair.second));
  pair.daemon.start();
  support::wait_until("the second has begun anew", [&] { return pair.notes(pair.second) == "ab"; });
}

}  // namespace sluice::e2e
