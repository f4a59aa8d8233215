// Failover in mid-stream to a standby that lacks the last commits.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/position/served.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

/// A URL that names both servers, of which the one that takes writes is wanted.
std::string url_of_both(const PostgresCluster& first, const PostgresCluster& second,
                        const std::string& database) {
  return "postgresql:///" + database + "?host=" + first.socket_folder().string() + "," +
         second.socket_folder().string() + "&port=5432,5432&user=" + PostgresCluster::kReplicaOwner +
         "&target_session_attrs=read-write";
}

/// A primary and its standby, which has followed up to here, with a daemon that knows both.
struct Followed {
  Followed() {
    served.start(url_of_both(primary, standby, database));
    served.source.exec(added(10));
    must_flush(served.daemon);
    support::wait_until("the standby has followed", [&] {
      return standby.psql(database, "SELECT to_regclass('sluice.pipeline') IS NOT NULL") == "t" &&
             position(standby) == position(primary);
    });
  }

  std::string position(const PostgresCluster& server) const {
    return server.psql(database, "SELECT position FROM sluice.pipeline");
  }

  PostgresCluster primary;
  std::string database = primary.create_database(PostgresCluster::kReplicaOwner);
  PostgresCluster standby{PostgresCluster::StandbyOf{primary}};
  Served served;
};

}  // namespace

TEST_CASE("a standby that lacks the last commits is caught up from the ring once it is promoted") {
  Followed servers;
  PostgresCluster& primary = servers.primary;
  PostgresCluster& standby = servers.standby;
  const std::string& database = servers.database;
  Served& served = servers.served;
  const auto position = [&](const PostgresCluster& server) { return servers.position(server); };

  standby.stop_following();
  served.source.exec(added(20) + "DELETE FROM stock WHERE id = 4; UPDATE stock SET amount = -1 WHERE id = 5");
  must_flush(served.daemon);
  CHECK(served.differences(primary, database) == "");
  CHECK(position(standby) != position(primary));

  primary.stop(support::StopMode::immediate);
  served.source.exec("UPDATE stock SET amount = -2 WHERE id = 6");
  wait_for_state(served.daemon, "retrying");
  standby.promote();
  served.wait_until_applied(standby, database);
  CHECK(served.differences(standby, database) == "");
  CHECK(pipeline_status(served.daemon).at("totals").at("rows_copied") == 100);
  served.source.exec(added(3));
  must_flush(served.daemon);
  CHECK(served.differences(standby, database) == "");
  // 20 rows, and two statements more.
  CHECK(served.daemon.log().find("server_went_back pipeline=shop changes=22 ") != std::string::npos);
}

TEST_CASE("a primary from before a failover is never written to, also by a daemon that has just started") {
  Followed servers;
  PostgresCluster& primary = servers.primary;
  PostgresCluster& standby = servers.standby;
  const std::string& database = servers.database;
  Served& served = servers.served;
  const auto position = [&](const PostgresCluster& server) { return servers.position(server); };
  primary.stop(support::StopMode::immediate);
  standby.promote();
  served.source.exec("UPDATE stock SET amount = -2 WHERE id = 6");
  served.wait_until_applied(standby, database);

  served.daemon.stop();
  primary.start();
  const auto before = position(primary);
  served.source.exec("UPDATE stock SET amount = -3 WHERE id = 7");
  served.daemon.start();
  wait_for_state(served.daemon, "retrying");
  const auto error = pipeline_status(served.daemon).at("error");
  CHECK(error.at("code") == "target_is_older_timeline");
  CHECK(error.at("hint").get<std::string>().find("pg_rewind") != std::string::npos);
  CHECK(position(primary) == before);
  CHECK(primary.psql(database, "SELECT count(*) FROM stock WHERE amount < 0") == "0");

  primary.stop(support::StopMode::immediate);
  served.wait_until_applied(standby, database);
  CHECK(served.differences(standby, database) == "");
}

}  // namespace sluice::e2e
