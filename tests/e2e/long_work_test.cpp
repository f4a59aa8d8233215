// Work that takes long, while it goes on: what the status says of it, and the lines of its answer.

#include <doctest/doctest.h>

#include <pqxx/pqxx>
#include <sstream>
#include <thread>

#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;

constexpr std::int64_t kRows = 60'000;
constexpr std::int64_t kHeldRow = 50'000;

void fill(Store& store) {
  store.source.exec(
      "DELETE FROM packages; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " +
      std::to_string(kRows) + ") INSERT INTO packages SELECT i, 'package ' || i FROM n");
}

/// A row that differs, so that it has to be written, and that somebody holds until it is let go.
struct HeldRow {
  explicit HeldRow(Store& store)
      : somebody(store.cluster.url(store.database, store.role)), holding(somebody) {
    const std::string row = " WHERE id = " + std::to_string(kHeldRow);
    store.server("UPDATE packages SET name = 'other'" + row);
    holding.exec("SELECT 1 FROM packages" + row + " FOR UPDATE");
  }
  void let_go() { holding.abort(); }

  pqxx::connection somebody;
  pqxx::work holding;
};

/// The last one is the result.
std::vector<json> lines_of(const std::string& body) {
  std::vector<json> lines;
  std::istringstream stream(body);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_SUITE_BEGIN("verbs");

TEST_CASE("a copy and a comparison tell how far they have come, in the status and line by line") {
  const struct {
    std::string path, body, kind, outcome;
  } works[] = {{"/v1/resync", R"({"yes":true})", "copy", "copied"},
               {"/v1/verify", R"({"repair":true})", "verify", "repaired"}};
  Store store;
  fill(store);
  store.start();
  for (const auto& work : works) {
    CAPTURE(work.kind);
    HeldRow held(store);
    support::HttpAnswer answer;
    std::jthread asking([&] { answer = store.daemon.http("POST", work.path, work.body); });
    json told;
    support::wait_until("the rate of the work is told", [&] {
      told = store.status().at("work");
      return !told.is_null() && !told.at("rows_per_s").is_null();
    });
    CHECK(told.at("kind") == work.kind);
    CHECK(told.at("table") == "packages");
    CHECK(told.at("rows") > 0);
    CHECK(told.at("rows") < kHeldRow);
    CHECK(told.at("rows_total") == kRows);
    CHECK(told.at("eta_s") > 0);
    CHECK(store.daemon.ctl({"status"}).out.find(" of 60,000 rows, ") != std::string::npos);
    held.let_go();
    asking.join();
    const auto lines = lines_of(answer.body);
    REQUIRE(lines.size() > 1);
    CHECK(lines.front().at("pipeline") == "shop");
    CHECK(lines.front().at("progress").at("work") == work.kind);
    CHECK(lines.front().at("progress").at("rows") < kHeldRow);
    CHECK(lines.back().at("outcome") == work.outcome);
    CHECK(store.differences() == "");
    support::wait_until("the work is over", [&] { return store.status().at("work").is_null(); });
  }
}

TEST_SUITE_END();

}  // namespace sluice::e2e
