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

}  // namespace sluice::e2e
