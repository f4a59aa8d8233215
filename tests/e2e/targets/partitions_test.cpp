// Partitioned targets.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {
namespace {

constexpr const char* kVisits = "CREATE TABLE visits(id INTEGER PRIMARY KEY, day TEXT NOT NULL, page TEXT)";

constexpr const char* kPartitions =
    "CREATE TABLE visits_23 PARTITION OF visits FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');"
    "CREATE TABLE visits_24 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')";

void fill(Mirror& mirror) {
  mirror.run(
      "INSERT INTO visits VALUES(1, '2023-05-06', 'a'), (2, '2024-05-06', 'b'), (3, '2024-12-31', 'c')");
}

}  // namespace

TEST_CASE(
    "a key that leaves out the partition key: rows move between partitions, and check says what is missing") {
  in_both_modes("", [](const MirrorOptions& options) {
    for (const char* key : {", PRIMARY KEY (id, day)", ""}) {
      CAPTURE(key);
      Mirror mirror(kVisits, options);
      fill(mirror);
      mirror.server("CREATE TABLE visits (id bigint, day date, page text" + std::string(key) +
                    ") PARTITION BY RANGE (day);" + kPartitions);
      const auto check = mirror.daemon.ctl({"check"});
      CHECK(check.exit_code == 0);
      CHECK(check.out.find("no unique index on exactly \"id\"") != std::string::npos);
      mirror.start();
      mirror.run(
          "UPDATE visits SET day = '2023-07-08' WHERE id = 2; UPDATE visits SET id = 4 WHERE id = 1;"
          "DELETE FROM visits WHERE id = 3; INSERT INTO visits VALUES(5, '2024-01-01', 'd')");
      CHECK(mirror.differences() == "");
      CHECK(mirror.server("SELECT count(*) FROM visits_23") == "2");
    }
  });
}

TEST_CASE("a key that holds the partition key is unique") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror("CREATE TABLE visits(id INTEGER, day TEXT, page TEXT, PRIMARY KEY (day, id)) WITHOUT ROWID",
                  options);
    fill(mirror);
    mirror.server(std::string("CREATE TABLE visits (id bigint, day date, page text, PRIMARY KEY (id, day))"
                              " PARTITION BY RANGE (day);") +
                  kPartitions);
    mirror.start();
    mirror.run(
        "UPDATE visits SET day = '2023-07-08' WHERE id = 2; REPLACE INTO visits VALUES(3, '2024-12-31', "
        "'x')");
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("a row for which there is no partition halts with the remedy, and goes on once there is one") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(kVisits, options);
    mirror.server("CREATE TABLE visits (id bigint, day date, page text) PARTITION BY RANGE (day);" +
                  std::string(kPartitions));
    mirror.start();
    fill(mirror);
    CHECK(mirror.differences() == "");
    mirror.run("INSERT INTO visits VALUES(9, '2031-02-03', 'z')");
    wait_for_state(mirror.daemon, "halted");
    const auto error = mirror.status().at("error");
    CHECK(error.at("sqlstate") == "23514");
    CHECK(error.at("key") == "9");
    CHECK(error.at("hint").get<std::string>().find("PARTITION OF") != std::string::npos);
    mirror.server("CREATE TABLE visits_rest PARTITION OF visits DEFAULT");
    CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("rows of partitions stay where only the tables above them say that they would go along") {
  const std::string above =
      "CREATE TABLE above_order (device text DEFAULT 'd0', id bigint, PRIMARY KEY (device, id))"
      " PARTITION BY LIST (device);"
      "CREATE TABLE above_item (device text DEFAULT 'd0', id bigint, order_id bigint, PRIMARY KEY (device, "
      "id),"
      " FOREIGN KEY (device, order_id) REFERENCES above_order ON DELETE CASCADE) PARTITION BY LIST (device);"
      "CREATE SCHEMA d0; CREATE TABLE d0.orders PARTITION OF above_order FOR VALUES IN ('d0');"
      "CREATE TABLE d0.item PARTITION OF above_item FOR VALUES IN ('d0');"
      "CREATE TABLE above_item_1 PARTITION OF above_item FOR VALUES IN ('d1');"
      "INSERT INTO above_item VALUES ('d1', 7, NULL);";
  const std::string owner = support::PostgresCluster::kOwner;
  const std::string rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON d0.orders, d0.item TO " + owner +
                             "; GRANT USAGE, CREATE ON SCHEMA d0 TO " + owner + ";";
  // All that the child's table holds can be read, or only the partition of this pipeline and its neighbour.
  for (const std::string readable : {"above_item", "above_item_1"}) {
    CAPTURE(readable);
    Mirror mirror(
        "CREATE TABLE item(id INTEGER PRIMARY KEY, order_id INTEGER); CREATE TABLE orders(id INTEGER PRIMARY "
        "KEY); INSERT INTO orders VALUES(1), (2); INSERT INTO item VALUES(5, 1), (6, 2), (7, 2)",
        {.settings = "      schema: d0\n", .role = owner});
    mirror.cluster.psql(mirror.database, above + rights + "GRANT SELECT ON " + readable + " TO " + owner);
    mirror.start();
    must_flush(mirror.daemon);
    mirror.run("INSERT INTO item VALUES(8, 3); INSERT INTO orders VALUES(3)");
    check_same(mirror, "SELECT id, order_id FROM item ORDER BY id",
               "SELECT id, order_id FROM d0.item ORDER BY id");
    mirror.run("DELETE FROM item WHERE order_id = 1; DELETE FROM orders WHERE id = 1");
    check_same(mirror, "SELECT id, order_id FROM item ORDER BY id",
               "SELECT id, order_id FROM d0.item ORDER BY id");
    CHECK(mirror.daemon.ctl({"verify"}).exit_code == 0);

    mirror.run("DELETE FROM orders WHERE id = 2");
    wait_for_state(mirror.daemon, "halted");
    CHECK(mirror.status().at("error").at("sqlstate") == "SL002");
    CHECK(mirror.server("SELECT count(*) FROM d0.item") == "3");
    mirror.run("DELETE FROM item WHERE order_id = 2");
    CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
    check_same(mirror, "SELECT id, order_id FROM item ORDER BY id",
               "SELECT id, order_id FROM d0.item ORDER BY id");
  }
}

TEST_CASE("a row whose parent is in one partition does not dangle for the others") {
  Mirror mirror(
      "CREATE TABLE visits(id INTEGER PRIMARY KEY, page_id INTEGER); CREATE TABLE pages(id INTEGER "
      "PRIMARY KEY); INSERT INTO pages VALUES(1), (200); INSERT INTO visits VALUES(5, 1), (6, 200)");
  mirror.server(
      "CREATE TABLE pages (id bigint PRIMARY KEY) PARTITION BY RANGE (id);"
      "CREATE TABLE pages_0 PARTITION OF pages FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE pages_1 PARTITION OF pages FOR VALUES FROM (100) TO (1000);"
      "CREATE TABLE visits (id bigint PRIMARY KEY, page_id bigint REFERENCES pages)");
  mirror.start();
  const auto verified = mirror.daemon.ctl({"verify", "--json"});
  CHECK(verified.exit_code == 0);
  CHECK(verified.out.find("\"dangling\":0") != std::string::npos);
  CHECK(verified.out.find("\"dangling\":2") == std::string::npos);
}

}  // namespace sluice::e2e
