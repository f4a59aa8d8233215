// What the daemon does about a refusal is decided by its SQLSTATE: a row halts, a table halts, the server is
// waited for; and it goes on by itself once the cause is gone. The same in whatever language the server
// speaks.

#include <doctest/doctest.h>

#include <memory>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::PostgresCluster;
using support::SqliteFile;
using support::wait_until;

const std::string kFunction = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ";
const std::string kTrigger = ";CREATE TRIGGER f BEFORE INSERT ON packages FOR EACH ROW EXECUTE FUNCTION f()";
const std::string kNoTrigger = "DROP FUNCTION f CASCADE";

std::string trigger_that(const std::string& body) {
  return kFunction + "'BEGIN " + body + "; END'" + kTrigger;
}

std::string raise(const std::string& state) {
  return "RAISE USING ERRCODE = ''" + state + "'', MESSAGE = ''no''; RETURN NEW";
}

/// How a row comes to be refused, what the status has to say, and what makes an end of it.
struct Fault {
  std::string sqlstate;
  std::string server;  ///< what is done on the server before
  std::string source;  ///< the change that is refused
  std::string state;
  std::string cls;
  std::string mended_on_server;
  std::string mended_in_source = "";
};

const Fault kFaults[] = {
    {"22001", "", "INSERT INTO packages VALUES (10, 'a name that is too long')", "halted", "row", "",
     "UPDATE packages SET name = 'short' WHERE id = 10"},
    {"22001", "", "INSERT INTO packages VALUES (11, 'a name that is too long')", "halted", "row",
     "ALTER TABLE packages ALTER name TYPE text"},
    {"23514", "ALTER TABLE packages ADD CONSTRAINT no_gin CHECK (name <> 'gin')",
     "INSERT INTO packages VALUES (12, 'gin')", "halted", "row",
     "ALTER TABLE packages DROP CONSTRAINT no_gin"},
    {"23505", "ALTER TABLE packages ADD CONSTRAINT one UNIQUE (name)",
     "INSERT INTO packages VALUES (13, 'tea')", "halted", "row", "", "DELETE FROM packages WHERE id = 13"},
    {"P0001", trigger_that("RAISE ''no''"), "INSERT INTO packages VALUES (14, 'row 14')", "halted", "row",
     kNoTrigger},
    {"42703", trigger_that("NEW.nothing = 1; RETURN NEW"), "INSERT INTO packages VALUES (15, 'row 15')",
     "halted", "table", kNoTrigger},
    {"2F005", trigger_that("NEW.id = NEW.id"), "INSERT INTO packages VALUES (16, 'row 16')", "halted",
     "table", kNoTrigger},
    {"42883", trigger_that("PERFORM nothing(); RETURN NEW"), "INSERT INTO packages VALUES (17, 'row 17')",
     "halted", "table", kNoTrigger},
    {"42501", "REVOKE INSERT ON packages FROM owner", "INSERT INTO packages VALUES (18, 'row 18')", "halted",
     "table", "GRANT INSERT ON packages TO owner"},
    {"53100", trigger_that(raise("53100")), "INSERT INTO packages VALUES (19, 'row 19')", "retrying",
     "target", kNoTrigger},
    {"40P01", trigger_that(raise("40P01")), "INSERT INTO packages VALUES (20, 'row 20')", "retrying",
     "target", kNoTrigger},
    {"40003", trigger_that(raise("40003")), "INSERT INTO packages VALUES (21, 'row 21')", "retrying",
     "target", kNoTrigger},
};

/// A shop in ordinary mode, so that the server's triggers fire, which looks again soon after a refusal.
struct Shop {
  explicit Shop(PostgresCluster& cluster_, const std::string& settings = "")
      : cluster(cluster_),
        database(cluster.create_database()),
        daemon(looking_often(shop(source.path(), cluster.url(database), settings))) {
    source.exec(
        "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT);"
        "INSERT INTO packages VALUES (1, 'tea')");
    server("CREATE TABLE packages (id bigint PRIMARY KEY, name varchar(10))");
  }

  static std::string looking_often(std::string config) {
    const std::string last = "      max: 500ms\n";
    return config.insert(config.find(last) + last.size(), "      halted_interval: 100ms\n");
  }

  void start() {
    daemon.start();
    must_flush(daemon);
  }

  std::string server(const std::string& sql) const {
    return cluster.psql(database, sql, PostgresCluster::kOwner);
  }

  nlohmann::json error() {
    const auto status = pipeline_status(daemon);
    return status.is_object() ? status.at("error") : nlohmann::json();
  }

  void wait_until_equal() {
    wait_until("both sides are equal", [&] {
      return support::listed_differences(source, cluster, database, {"packages", "", {"id"}}).empty();
    });
    wait_for_state(daemon, "streaming");
    CHECK(error().is_null());
  }

  PostgresCluster& cluster;
  std::string database;
  SqliteFile source;
  DaemonProcess daemon;
};

void check_all_faults(PostgresCluster& cluster) {
  Shop shop(cluster);
  shop.start();
  for (const auto& fault : kFaults) {
    CAPTURE(fault.sqlstate);
    if (!fault.server.empty()) shop.server(fault.server);
    shop.source.exec(fault.source);
    wait_until("the refusal is told of", [&] {
      const auto error = shop.error();
      return error.is_object() && error.at("sqlstate") == fault.sqlstate;
    });
    const auto status = pipeline_status(shop.daemon);
    CHECK(status.at("state") == fault.state);
    CHECK(status.at("error").at("class") == fault.cls);
    CHECK(status.at("error").at("hint") != "");
    CHECK(status.at("quarantined") == 0);
    if (fault.cls != "target") {
      CHECK(status.at("error").at("table") == "packages");
      CHECK(status.at("error").at("key") != "");
    }
    if (!fault.mended_on_server.empty()) shop.server(fault.mended_on_server);
    if (!fault.mended_in_source.empty()) shop.source.exec(fault.mended_in_source);
    shop.wait_until_equal();
  }
}

}  // namespace

TEST_SUITE_BEGIN("faults");

TEST_CASE("every class of fault is named, waited for and over when its cause is gone") {
  check_all_faults(support::shared_cluster());
}

TEST_CASE("in whatever language the server speaks") {
  const support::TempDir locales;
  const auto made =
      support::run({.arguments = {"localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"}});
  INFO("the package locales has the sources: " << made.err);
  REQUIRE(made.exit_code == 0);
  PostgresCluster cluster({"lc_messages = 'de_DE.UTF-8'"}, {{"LOCPATH", locales.path().string()}});
  const std::string table = "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (NULL)";
  std::string said;
  try {
    cluster.psql("postgres", table);
  } catch (const std::exception& error) {
    said = error.what();
  }
  INFO("the package postgresql brings the translations");
  REQUIRE(said.find("verletzt") != std::string::npos);
  check_all_faults(cluster);
}

TEST_CASE("a table that is gone and may not be made is named, and everything arrives once it is back") {
  Shop shop(support::shared_cluster());
  const std::string config = support::read_file(shop.daemon.config_file());
  const std::string target = "    target:\n";
  std::string careful = config;
  shop.daemon.configure(careful.insert(config.find(target) + target.size(), "      create_tables: false\n"));
  shop.start();
  shop.server("ALTER TABLE packages RENAME TO elsewhere");
  shop.source.exec("INSERT INTO packages VALUES (2, 'rum')");
  wait_until("the missing table is named", [&] {
    const auto error = shop.error();
    return error.is_object() && error.at("code") == "table_missing";
  });
  CHECK(shop.error().at("class") == "table");
  CHECK(shop.error().at("table") == "packages");
  CHECK(shop.error().at("hint").get<std::string>().starts_with("CREATE TABLE"));
  CHECK(pipeline_status(shop.daemon).at("state") == "halted");
  shop.server("ALTER TABLE elsewhere RENAME TO packages");
  shop.wait_until_equal();
}

TEST_CASE("what stands in the way of every row is never quarantined") {
  Shop shop(support::shared_cluster(), "    on_error: quarantine\n");
  shop.start();
  shop.server(trigger_that("NEW.nothing = 1; RETURN NEW"));
  for (const int rows : {1, 2000}) {
    shop.source.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                     std::to_string(rows) + ") INSERT INTO packages (name) SELECT 'row ' || i FROM n");
    wait_for_state(shop.daemon, "halted");
    CHECK(shop.error().at("class") == "table");
    CHECK(shop.error().at("sqlstate") == "42703");
    CHECK(pipeline_status(shop.daemon).at("quarantined") == 0);
  }
  shop.server(kNoTrigger);
  shop.wait_until_equal();
}

TEST_CASE("a deadlock or a serialization failure is tried again at once, while a flush waits") {
  for (const char* state : {"40001", "40P01"}) {
    CAPTURE(state);
    Shop shop(support::shared_cluster(), "    mode: manual\n");
    std::string config = support::read_file(shop.daemon.config_file());
    for (const auto& [brief, patient] :
         {std::pair("initial: 50ms", "initial: 1h"), {"max: 500ms", "max: 1h"}}) {
      config.replace(config.find(brief), std::string(brief).size(), patient);
    }
    shop.daemon.configure(config);
    shop.start();
    // Numbers of a sequence are not given back by a rollback.
    shop.server("CREATE SEQUENCE tries;" + kFunction + "'BEGIN IF nextval(''tries'') <= 5 THEN " +
                raise(state) + "; END IF; RETURN NEW; END'" + kTrigger);
    shop.source.exec("INSERT INTO packages VALUES (2, 'rum')");
    CHECK(must_flush(shop.daemon).at("changes") == 1);
    CHECK(shop.server("SELECT last_value FROM tries") == "6");

    shop.server("ALTER SEQUENCE tries RESTART");
    shop.source.exec("INSERT INTO packages VALUES (3, 'gin')");
    CHECK(must_flush(shop.daemon).at("changes") == 1);
    shop.server("ALTER SEQUENCE tries RESTART MINVALUE -100 START -100");
    shop.source.exec("INSERT INTO packages VALUES (4, 'ale')");
    CHECK(flush(shop.daemon).status == 503);
    CHECK(pipeline_status(shop.daemon).at("state") == "retrying");
    CHECK(shop.error().at("sqlstate") == state);
  }
}

TEST_SUITE_END();

}  // namespace sluice::e2e
