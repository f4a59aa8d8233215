// The front of a pipeline's two sides: its verbs in any order, whatever is open.

#include "daemon/sync/replicator.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"

namespace sluice::daemon {
namespace {

using support::PostgresCluster;

/// A source with two rows, an empty database, and a replicator that has not been asked for anything.
struct Shop {
  Shop() {
    source.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1,'a'),(2,'b')");
  }

  PipelineConfig config() const {
    PipelineConfig config;
    config.name = "shop";
    config.source.path = source.path();
    config.target.url = cluster.url(database, PostgresCluster::kReplicaOwner);
    return config;
  }

  std::string server(const std::string& sql) const { return cluster.psql(database, sql); }

  /// Until nothing is left to do; settles where a step asks for it.
  void bring_over() {
    for (int i = 0; i < 20; ++i) {
      const StepResult result = replicator.step();
      if (result.outcome != Outcome::go_on) {
        REQUIRE(replicator.settle() == Outcome::go_on);
      } else if (!result.more) {
        return;
      }
    }
    FAIL("never done");
  }

  std::string differences() {
    return support::listed_differences(source, cluster, database, {"t", "public.t", {"id"}});
  }

  PostgresCluster& cluster = support::shared_cluster();
  std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  support::SqliteFile source;
  Replicator replicator{config(), std::make_shared<applier::Lifeline>(), [](const char*) {}};
};

/// What the pipeline, or a person, may let go of between two verbs.
using LetGo = void (*)(Link& link);

const LetGo kLetGo[] = {
    [](Link&) {},
    [](Link& link) { link.close_source(); },
    [](Link& link) { link.close_target(); },
    [](Link& link) { link.close(); },
};

}  // namespace

TEST_CASE("what needs a settled pipeline and finds none says so, and has done nothing") {
  Shop shop;
  auto& replicator = shop.replicator;
  CHECK(replicator.step().outcome == Outcome::reinstall);
  replicator.copy_again();
  CHECK_THROWS_AS(replicator.cut_over({}), CutoverRefused);
  CHECK(shop.server("SELECT to_regclass('public.t') IS NULL") == "t");
  CHECK(shop.source.rows("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == "0");

  shop.bring_over();
  CHECK(shop.differences() == "");
}

TEST_CASE("what Postgres remembers is settled anew with every new connection") {
  Shop shop;
  shop.bring_over();
  CHECK(shop.replicator.step().outcome == Outcome::go_on);
  shop.replicator.link().close_target();
  shop.server("DROP TABLE t");
  CHECK(shop.replicator.step().outcome == Outcome::reinstall);
}

TEST_CASE("every verb opens the sides that it finds closed") {
  for (const LetGo let_go : kLetGo) {
    Shop shop;
    auto& replicator = shop.replicator;
    shop.bring_over();

    let_go(replicator.link());
    CHECK(replicator.settle() == Outcome::go_on);
    let_go(replicator.link());
    replicator.link().confirm();
    let_go(replicator.link());
    replicator.adopt();
    let_go(replicator.link());
    replicator.quarantine().discarded({{"t", "i1"}}, replicator.link().session());
    {
      let_go(replicator.link());
      Resync resync = replicator.resync();
      CHECK_FALSE(resync.every_table());
      CHECK(resync.compare("t").size() == 1);
      resync.begin("");
    }
    let_go(replicator.link());
    replicator.copy_again();
    shop.source.exec("INSERT INTO t VALUES (3,'c')");
    let_go(replicator.link());
    shop.bring_over();
    CHECK(shop.differences() == "");

    let_go(replicator.link());
    REQUIRE(replicator.settle() == Outcome::go_on);
    CHECK(replicator.cut_over({}).position == *replicator.link().captured());
  }
}

}  // namespace sluice::daemon
