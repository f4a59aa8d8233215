// A table of the server belongs to one pipeline: whoever else is to write to it is refused by name, before
// its first write.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/contains.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::contains;

/// Another application's file, to go into the same database under another pipeline name.
struct Second {
  explicit Second(const Mirror& first, const std::string& sql, const std::string& of_target = "",
                  const std::string& settings = "")
      : daemon(
            named(shop(source.path(), first.cluster.url(first.database, first.role), of_target + settings))) {
    source.exec(sql);
  }

  static std::string named(std::string config) { return config.replace(config.find("shop:"), 5, "cafe:"); }

  nlohmann::json error() { return pipeline_status(daemon).at("error"); }

  void expect_refused() {
    daemon.start();
    wait_for_state(daemon, "halted");
    CHECK(error().at("code") == "target_owned");
    CHECK(contains(error().at("message").get<std::string>(), "pipeline 'shop'"));
    const auto checked = daemon.ctl({"check"});
    CHECK(checked.exit_code == 1);
    CHECK(contains(checked.out, "belongs to pipeline 'shop'"));
  }

  void expect_streaming() {
    daemon.start();
    must_flush(daemon);
    CHECK(pipeline_status(daemon).at("state") == "streaming");
  }

  support::SqliteFile source;
  support::DaemonProcess daemon;
};

const std::string kOrders = "CREATE TABLE orders(id INTEGER PRIMARY KEY, what TEXT);";

constexpr const char* kOwnState = "      state_schema: elsewhere\n";

std::string orders_of(const Mirror& mirror) {
  return mirror.server("SELECT string_agg(id || what, ' ' ORDER BY id) FROM orders");
}

}  // namespace

TEST_CASE(
    "a table that another pipeline writes to is refused before the first write, wherever its state is") {
  for (const std::string state : {"", kOwnState}) {
    CAPTURE(state);
    for (const std::string existing : {"refuse", "replace", "merge"}) {
      CAPTURE(existing);
      Mirror mirror(kOrders);
      mirror.start();
      Second second(mirror, kOrders, state + "      existing_rows: " + existing + "\n");
      second.expect_refused();
      mirror.run("INSERT INTO orders VALUES(1, 'a')");
      second.source.exec("INSERT INTO orders VALUES(1, 'x'), (2, 'y')");
      CHECK(mirror.differences() == "");
      CHECK(second.daemon.ctl({"retry"}).exit_code == 0);
      wait_for_state(second.daemon, "halted");
      CHECK(orders_of(mirror) == "1a");
    }
  }
}

TEST_CASE("of two that begin at the same time one has the table") {
  Mirror mirror(kOrders + "INSERT INTO orders VALUES(1, 'a');");
  Second second(mirror, kOrders + "INSERT INTO orders VALUES(2, 'b');", kOwnState);
  mirror.daemon.start();
  second.daemon.start();
  const auto states = [&] {
    return pipeline_status(mirror.daemon).at("state").get<std::string>() + " " +
           pipeline_status(second.daemon).at("state").get<std::string>();
  };
  support::wait_until("one of them is refused",
                      [&] { return states() == "streaming halted" || states() == "halted streaming"; });
  CHECK(mirror.server("SELECT count(*) FROM orders") == "1");
}

TEST_CASE("a pipeline that was let go of, or has moved to Postgres, owns nothing") {
  SUBCASE("uninstall --target") {
    Mirror mirror(kOrders);
    mirror.start();
    Second second(mirror, kOrders);
    second.expect_refused();
    CHECK(mirror.daemon.ctl({"uninstall", "--target", "--yes"}).exit_code == 0);
    CHECK(second.daemon.ctl({"retry"}).exit_code == 0);
    wait_for_state(second.daemon, "streaming");
  }
  SUBCASE("the statement that is told") {
    Mirror mirror(kOrders);
    mirror.start();
    Second second(mirror, kOrders);
    second.expect_refused();
    mirror.daemon.stop();
    const std::string hint = second.error().at("hint");
    mirror.server(hint.substr(hint.find("DELETE")));
    CHECK(second.daemon.ctl({"retry"}).exit_code == 0);
    wait_for_state(second.daemon, "streaming");
  }
  SUBCASE("cutover") {
    Mirror mirror(kOrders);
    mirror.start();
    CHECK(mirror.daemon.ctl({"cutover", "--yes"}).exit_code == 0);
    Second(mirror, kOrders).expect_streaming();
  }
}

TEST_CASE("a table that a pipeline replicates no more is free for another") {
  Mirror mirror(kOrders + "CREATE TABLE users(id INTEGER PRIMARY KEY);");
  mirror.start();
  Second second(mirror, kOrders);
  second.expect_refused();
  mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
                               "    tables: {exclude: [orders]}\n"));
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  must_flush(mirror.daemon);
  CHECK(second.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(second.daemon, "streaming");
}

TEST_CASE("partitions, children and parents hold the same rows; neighbours do not") {
  const std::string parent = "CREATE TABLE orders(id bigint PRIMARY KEY, what text)";
  const std::string parted = parent + " PARTITION BY RANGE (id);";
  const std::string parts =
      "CREATE TABLE low PARTITION OF orders FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE high PARTITION OF orders FOR VALUES FROM (100) TO (200)";
  struct Case {
    std::string server;
    std::string first;
    std::string second;
    bool refused;
  };
  const std::vector<Case> cases{
      {parted + parts, "orders", "low", true},
      {parted + parts, "high", "orders", true},
      {parted + parts, "low", "high", false},
      {parent + ";CREATE TABLE low(PRIMARY KEY (id)) INHERITS (orders)", "low", "orders", true},
      {parent, "orders", "users", false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.server);
    CAPTURE(each.first);
    CAPTURE(each.second);
    const auto table = [](const std::string& name) {
      return "CREATE TABLE " + name + "(id INTEGER PRIMARY KEY, what TEXT);";
    };
    Mirror mirror(table(each.first));
    mirror.server(each.server);
    mirror.start();
    Second second(mirror, table(each.second));
    each.refused ? second.expect_refused() : second.expect_streaming();
  }
}

TEST_CASE("pipelines from before claims were remembered: the first to start has the table") {
  Mirror mirror(kOrders + "INSERT INTO orders VALUES(1, 'a');");
  mirror.start();
  mirror.daemon.stop();
  mirror.server(
      "ALTER TABLE sluice.table_copy DROP COLUMN target, DROP COLUMN units; UPDATE sluice.format SET version "
      "= 3");
  mirror.start();
  CHECK(mirror.differences() == "");
  Second(mirror, kOrders).expect_refused();
}

}  // namespace sluice::e2e
