// What stands in the way on the server: rows that were there before, missing tables, columns and rights. Each
// is named with a remedy that works as it is written.

#include <doctest/doctest.h>

#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;
using support::wait_until;

/// The configuration with a short interval between two looks at a halted pipeline.
std::string often(const Store& store) {
  std::string config = shop(store.source.path(), store.cluster.url(store.database, store.role));
  const std::string last = "      max: 500ms\n";
  config.insert(config.find(last) + last.size(), "      halted_interval: 100ms\n");
  return config;
}

/// The same with one more setting of the target, e.g. "create_tables: false".
std::string with_target(const Store& store, const std::string& setting) {
  std::string config = often(store);
  const std::string target = "    target:\n";
  return config.insert(config.find(target) + target.size(), "      " + setting + "\n");
}

/// A store whose target table belongs to somebody else, "postgres", and whose role has only what is granted.
struct GuardedStore : Store {
  GuardedStore() : Store("", PostgresCluster::kReplicaOwner, "") {
    cluster.psql(database, "CREATE TABLE packages (id bigint PRIMARY KEY, name text)");
    daemon.configure(often(*this));
  }
  std::string superuser(const std::string& sql) const { return cluster.psql(database, sql); }
};

nlohmann::json wait_for_error(Store& store, const std::string& state) {
  wait_for_state(store.daemon, state);
  const auto error = store.status().at("error");
  REQUIRE(error.is_object());
  CHECK(error.at("hint") != "");
  CHECK(error.at("message") != "");
  return error;
}

const char* const kForeign = "INSERT INTO packages VALUES (2, 'other'), (7, 'foreign ')";

}  // namespace

TEST_SUITE_BEGIN("refusal");

TEST_CASE("under refuse a foreign row halts with the counts, before anything is written") {
  Store store;
  store.server(kForeign);
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("code") == "existing_rows");
  const std::string message = error.at("message");
  CHECK(message.find("public.packages") != std::string::npos);
  CHECK(message.find("1 row(s) that SQLite does not have and 1 with other values") != std::string::npos);
  CHECK(store.names() == "other foreign ");
  CHECK(flush(store.daemon).status == 409);
  CHECK(store.names() == "other foreign ");
  SUBCASE("until they are made equal") {
    store.server("DELETE FROM packages WHERE id = 7; UPDATE packages SET name = 'rum' WHERE id = 2");
    CHECK(store.daemon.ctl({"retry"}).exit_code == 0);
    wait_until("the rest is there", [&] { return store.differences().empty(); });
  }
  SUBCASE("until the setting says merge, by a reload") {
    store.daemon.configure(with_target(store, "existing_rows: merge"));
    CHECK(store.daemon.ctl({"reload"}).exit_code == 0);
    wait_until("the rows are merged", [&] { return store.names() == "tea rum foreign "; });
  }
}

TEST_CASE("under refuse equal rows are no reason to stop") {
  Store store;
  store.server("INSERT INTO packages VALUES (2, 'rum')");
  store.start();
  CHECK(store.differences() == "");
  CHECK(store.names() == "tea rum");
}

TEST_CASE("under merge a foreign row is kept byte for byte, through the copy and ever after") {
  Store store;
  store.server(kForeign);
  const std::string physical = "SELECT ctid, xmin, name FROM packages WHERE id = 7";
  const std::string before = store.server(physical);
  store.daemon.configure(with_target(store, "existing_rows: merge"));
  store.start();
  CHECK(store.names() == "tea rum foreign ");
  store.source.exec("INSERT INTO packages VALUES (3, 'gin'); DELETE FROM packages WHERE id = 1");
  must_flush(store.daemon);
  store.daemon.stop();
  store.start();
  CHECK(store.names() == "rum gin foreign ");
  CHECK(store.server(physical) == before);
}

TEST_CASE("under replace the table is made equal") {
  Store store;
  store.server(kForeign);
  store.daemon.configure(with_target(store, "existing_rows: replace"));
  store.start();
  CHECK(store.differences() == "");
  CHECK(store.names() == "tea rum");
}

TEST_CASE("a missing table that may not be created is named with the statement that makes it") {
  Store store("", PostgresCluster::kReplicaOwner, "");
  store.daemon.configure(with_target(store, "create_tables: false"));
  const auto offline = store.daemon.ctl({"check"});
  CHECK(offline.exit_code == 1);
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("class") == "table");
  CHECK(error.at("code") == "table_missing");
  CHECK(error.at("table") == "packages");
  const std::string statement = error.at("hint");
  CHECK(offline.out.find(statement) != std::string::npos);
  store.server(statement);
  wait_until("the rows are there", [&] { return store.names() == "tea rum"; });
  CHECK(store.differences() == "");
}

TEST_CASE("a missing column is named with the statement that adds it") {
  Store store("", PostgresCluster::kReplicaOwner, "CREATE TABLE packages (id bigint PRIMARY KEY)");
  store.daemon.configure(often(store));
  const auto offline = store.daemon.ctl({"check"});
  CHECK(offline.exit_code == 1);
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("class") == "table");
  CHECK(error.at("code") == "column_missing");
  CHECK(error.at("table") == "packages");
  CHECK(error.at("column") == "name");
  const std::string statement = error.at("hint");
  CHECK(offline.out.find(statement) != std::string::npos);
  store.server(statement);
  wait_until("the rows are there", [&] { return store.names() == "tea rum"; });
  CHECK(store.differences() == "");
}

TEST_CASE("missing rights are named with the GRANT, after which it goes on by itself") {
  GuardedStore store;
  SUBCASE("none at all") {
  }
  SUBCASE("reading alone") {
    store.superuser("GRANT SELECT ON packages TO replica_owner");
  }
  const auto offline = store.daemon.ctl({"check"});
  CHECK(offline.exit_code == 1);
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("class") == "table");
  CHECK(error.at("sqlstate") == "42501");
  const std::string grant = error.at("hint");
  CHECK_MESSAGE(grant.starts_with("GRANT "), grant);
  CHECK_MESSAGE(offline.out.find(grant) != std::string::npos, offline.out);
  store.superuser(grant);
  wait_until("the rows are there", [&] { return store.superuser("SELECT count(*) FROM packages") == "2"; });
  wait_for_state(store.daemon, "streaming");
  CHECK(store.daemon.ctl({"check"}).exit_code == 0);
}

TEST_CASE("a right that is taken away halts, nothing is lost, and a retry goes on at once") {
  GuardedStore store;
  store.superuser("GRANT ALL ON packages TO replica_owner");
  store.daemon.configure(shop(store.source.path(), store.cluster.url(store.database, store.role)));
  store.start();
  store.superuser("REVOKE INSERT, UPDATE ON packages FROM replica_owner");
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("sqlstate") == "42501");
  CHECK(error.at("class") == "table");
  store.superuser(error.at("hint"));
  CHECK(store.daemon.ctl({"retry"}).exit_code == 0);
  wait_until("the row is there", [&] { return store.superuser("SELECT count(*) FROM packages") == "3"; });
}

TEST_CASE("a role that may not make the state schema is told which GRANT it needs") {
  Store store("", PostgresCluster::kOwner);
  store.cluster.psql(store.database, "ALTER DATABASE " + store.database + " OWNER TO postgres");
  store.daemon.configure(often(store));
  const auto offline = store.daemon.ctl({"check"});
  CHECK(offline.exit_code == 1);
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("sqlstate") == "42501");
  const std::string grant = error.at("hint");
  CHECK_MESSAGE(grant.starts_with("GRANT CREATE ON DATABASE"), grant);
  CHECK(offline.out.find(grant) != std::string::npos);
  store.cluster.psql(store.database, grant);
  wait_until("the rows are there", [&] { return store.names() == "tea rum"; });
}

TEST_CASE("a role that may not use the schema of the tables is told which GRANT it needs") {
  Store store("", PostgresCluster::kOwner, "");
  store.cluster.psql(store.database,
                     "CREATE SCHEMA goods; CREATE TABLE goods.packages (id bigint PRIMARY KEY, name text);"
                     "GRANT ALL ON goods.packages TO owner");
  store.daemon.configure(with_target(store, "schema: goods"));
  store.daemon.start();
  const auto error = wait_for_error(store, "halted");
  CHECK(error.at("class") == "table");
  CHECK(error.at("sqlstate") == "42501");
  const std::string grant = error.at("hint");
  CHECK_MESSAGE(grant.starts_with("GRANT USAGE ON SCHEMA"), grant);
  store.cluster.psql(store.database, grant);
  wait_for_state(store.daemon, "streaming");
  wait_until("the rows are there", [&] {
    return store.cluster.psql(store.database, "SELECT count(*) FROM goods.packages") == "2";
  });
}

TEST_CASE("in ordinary mode the GRANT of replica mode is advised only where it would help") {
  Store store("", PostgresCluster::kOwner);
  store.server(
      "CREATE TABLE makers (id bigint PRIMARY KEY);"
      "ALTER TABLE packages ADD COLUMN maker bigint REFERENCES makers");
  store.source.exec("ALTER TABLE packages ADD COLUMN maker INTEGER");
  store.start();
  SUBCASE("a value that does not fit") {
    store.source.exec("INSERT INTO packages VALUES (3, 'a name of more than twenty letters', NULL)");
    const auto error = wait_for_error(store, "halted");
    CHECK(error.at("sqlstate") == "22001");
    CHECK(error.at("hint").get<std::string>().find("GRANT") == std::string::npos);
  }
  SUBCASE("a foreign key") {
    store.source.exec("INSERT INTO packages VALUES (3, 'gin', 7)");
    const auto error = wait_for_error(store, "halted");
    CHECK(error.at("sqlstate") == "23503");
    CHECK(error.at("hint").get<std::string>().find("GRANT SET ON PARAMETER") != std::string::npos);
  }
}

TEST_CASE("the GRANT that check names in ordinary mode brings replica mode") {
  Store store("", PostgresCluster::kOwner);
  store.start();
  CHECK(store.status().at("target").at("apply_mode") == "ordinary");
  const auto items = nlohmann::json::parse(store.daemon.ctl({"check", "--json"}).out).at("items");
  std::string grant;
  for (const auto& item : items) {
    if (item.at("subject") == "apply mode") grant = item.at("remedy");
  }
  const auto from = grant.find("GRANT ");
  const auto to = grant.find(';');
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  store.cluster.psql(store.database, grant.substr(from, to - from));
  store.daemon.stop();
  store.start();
  CHECK(store.status().at("target").at("apply_mode") == "replica");
  store.cluster.psql(store.database, "REVOKE SET ON PARAMETER session_replication_role FROM owner");
}

TEST_SUITE_END();

}  // namespace sluice::e2e
