// Rows that Postgres refuses, as their owner meets them: held back with their evidence, tried again, dropped,
// passed over.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/store.h"
#include "tests/support/contains.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::Outcome;
using support::PostgresCluster;
using support::wait_until;

constexpr const char* kQuarantine = "    on_error: quarantine\n";
constexpr const char* kTooLong = "a name of more than twenty letters";

/// Holds the table packages for itself, in a session of its own, until it is ended.
class Lock {
 public:
  explicit Lock(const Store& store) : store_(store) {
    held_ = std::async(std::launch::async, [&store] {
      try {
        store.server("LOCK TABLE packages; SELECT pg_sleep(60)");
      } catch (const std::exception&) {
        // This is how it is ended.
      }
    });
    wait_until("the table is locked",
               [&] { return count("mode = 'AccessExclusiveLock' AND granted") == "1"; });
  }
  ~Lock() { store_.cluster.psql(store_.database, "SELECT pg_terminate_backend(pid)" + locks("granted")); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void wait_for_daemon() const {
    wait_until("the daemon waits for the table", [&] { return count("NOT granted") == "1"; });
  }

 private:
  static std::string locks(const std::string& which) {
    return " FROM pg_locks WHERE relation = 'packages'::regclass AND " + which;
  }
  std::string count(const std::string& which) const {
    return store_.cluster.psql(store_.database, "SELECT count(*)" + locks(which));
  }

  const Store& store_;
  std::future<void> held_;
};

/// A pipeline that holds refused rows back; the name of row 3 is too long for the server.
struct Ward : Store {
  explicit Ward(const std::string& settings = kQuarantine,
                const std::string& owner = PostgresCluster::kReplicaOwner)
      : Store(settings, owner) {
    start();
  }

  void refuse(int id = 3) {
    source.exec("INSERT INTO packages VALUES (" + std::to_string(id) + ", '" + kTooLong + "')");
    const json flushed = must_flush(daemon);
    CHECK(flushed.at("quarantined") == quarantined());
  }

  std::int64_t quarantined() { return document().at("total").get<std::int64_t>(); }
  json document() { return json::parse(daemon.ctl({"quarantine", "list", "--json"}).out); }
  std::string id_of(std::size_t place) { return document().at("rows").at(place).at("id").dump(); }
};

void check_says(const Outcome& outcome, int exit_code, const std::string& words) {
  CAPTURE(outcome.out);
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == exit_code);
  CHECK((exit_code == 0 ? outcome.out : outcome.err).find(words) != std::string::npos);
}

std::string error_id(Store& store) {
  return store.status().at("error").at("id");
}

}  // namespace

TEST_SUITE_BEGIN("quarantine");

TEST_CASE("one bad row among many is held back with its evidence, and the others arrive") {
  Ward ward;
  ward.source.exec(
      "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 409)"
      "INSERT INTO packages SELECT i, iif(i = 200, 'a name of more than twenty letters', 'tea') FROM n");
  const json flushed = must_flush(ward.daemon);
  CHECK(flushed.at("quarantined") == 1);
  CHECK(ward.server("SELECT count(*) FROM packages") == "401");

  const json list = ward.document();
  CHECK(list.at("pipeline") == "shop");
  CHECK(list.at("total") == 1);
  const json& row = list.at("rows").at(0);
  CHECK(row.at("table") == "packages");
  CHECK(row.at("key") == "200");
  CHECK(row.at("operation") == "write");
  CHECK(row.at("sqlstate") == "22001");
  CHECK(row.at("message").get<std::string>().find("too long") != std::string::npos);
  CHECK(row.at("position") == flushed.at("position"));
  CHECK(row.at("attempts") == 1);
  CHECK(row.at("hint").get<std::string>().find("sluicectl quarantine retry shop") != std::string::npos);
  CHECK_FALSE(row.contains("values"));

  const auto shown = ward.daemon.http("GET", "/v1/quarantine?pipeline=shop&id=" + row.at("id").dump());
  CHECK(shown.status == 200);
  CHECK(
      shown.json.at("rows").at(0).at("values") ==
      json::parse(
          R"([{"column":"id","value":"200"},{"column":"name","value":"'a name of more than twenty letters'"}])"));
  check_says(ward.daemon.ctl({"quarantine", "list"}), 0, "shop: 1 row in quarantine\n");
  check_says(ward.daemon.ctl({"quarantine", "show", row.at("id").dump()}), 0,
             "'a name of more than twenty letters'");
}

TEST_CASE("while rows are held back nothing counts as synced") {
  Ward ward;
  ward.refuse();
  CHECK(ward.status().at("quarantined") == 1);
  CHECK(ward.status().at("state") == "streaming");
  check_says(ward.daemon.ctl({"status"}), 0, "quarantine   1 row: sluicectl quarantine list");
  check_says(ward.daemon.ctl({"flush"}), 1, "1 row in quarantine; see: sluicectl quarantine list");
  CHECK(ward.daemon.http("GET", "/metrics").body.find("sluice_quarantined_rows{pipeline=\"shop\"} 1\n") !=
        std::string::npos);
  ward.daemon.stop();
  ward.start();
  CHECK(ward.status().at("quarantined") == 1);
  check_says(ward.daemon.ctl({"flush"}), 1, "1 row in quarantine");
}

TEST_CASE("a row that is repaired in SQLite goes over by itself") {
  Ward ward;
  ward.refuse();
  ward.source.exec("UPDATE packages SET name = 'gin' WHERE id = 3");
  check_says(ward.daemon.ctl({"flush"}), 0, "shop: ");
  CHECK(ward.quarantined() == 0);
  CHECK(ward.status().at("quarantined") == 0);
  CHECK(ward.differences() == "");
}

TEST_CASE("a row that is deleted in SQLite is held back no longer") {
  Ward ward;
  ward.refuse();
  ward.source.exec("DELETE FROM packages WHERE id = 3");
  check_says(ward.daemon.ctl({"flush"}), 0, "shop: ");
  CHECK(ward.quarantined() == 0);
  CHECK(ward.differences() == "");
}

TEST_CASE("a row that is refused again is the same entry, tried once more") {
  Ward ward;
  ward.refuse();
  const std::string id = ward.id_of(0);
  check_says(ward.daemon.ctl({"quarantine", "retry", id}), 1, "shop: 1 row refused again");
  CHECK(ward.id_of(0) == id);
  CHECK(ward.document().at("rows").at(0).at("attempts") == 2);
  CHECK(ward.server("SELECT count(*) FROM packages") == "2");
}

TEST_CASE("after a repair on the server a retry brings the rows over") {
  Ward ward;
  ward.refuse(3);
  ward.refuse(4);
  ward.server("ALTER TABLE packages ALTER COLUMN name TYPE text");
  SUBCASE("all of them") {
    check_says(ward.daemon.ctl({"quarantine", "retry"}), 0, "shop: 2 of 2 rows have gone over");
  }
  SUBCASE("by their ids, with the pipeline named") {
    check_says(ward.daemon.ctl({"quarantine", "retry", "shop", ward.id_of(0), ward.id_of(1)}), 0,
               "2 of 2 rows");
  }
  SUBCASE("over the control channel") {
    const auto answer = ward.daemon.http("POST", "/v1/quarantine/retry", R"({"pipeline":"shop"})");
    CHECK(answer.status == 200);
    CHECK(answer.json == json::parse(R"({"pipeline":"shop","tried":2,"resolved":2,"quarantined":0})"));
  }
  CHECK(ward.quarantined() == 0);
  CHECK(ward.differences() == "");
  check_says(ward.daemon.ctl({"flush"}), 0, "shop: nothing to do");
}

TEST_CASE("a repair on the server is noticed without a word") {
  Ward ward;
  std::string config = shop(ward.source.path(), ward.cluster.url(ward.database, ward.role), kQuarantine);
  const std::string last = "      max: 500ms\n";
  ward.daemon.stop();
  ward.daemon.configure(config.insert(config.find(last) + last.size(), "      halted_interval: 300ms\n"));
  ward.daemon.start();
  ward.refuse();
  ward.server("ALTER TABLE packages ALTER COLUMN name TYPE text");
  wait_until("the row has gone over", [&] { return ward.quarantined() == 0; });
  CHECK(ward.server("SELECT name FROM packages WHERE id = 3") == kTooLong);
}

TEST_CASE("a table that is dropped in SQLite leaves nothing in the quarantine") {
  Ward ward;
  ward.source.exec("CREATE TABLE remains (id INTEGER PRIMARY KEY)");
  ward.refuse();
  ward.source.exec("DROP TABLE packages");
  wait_for_state(ward.daemon, "halted");
  ward.server("DROP TABLE packages CASCADE");
  CHECK(must_flush(ward.daemon).at("quarantined") == 0);
  CHECK(ward.quarantined() == 0);
}

TEST_CASE("a row that is discarded stays different until it changes again") {
  Ward ward;
  ward.refuse(3);
  ward.refuse(4);
  const std::string id = ward.id_of(0);
  check_says(ward.daemon.ctl({"quarantine", "discard", id}), 0, "stays as it is until the row changes again");
  CHECK(ward.document().at("rows").at(0).at("key") == "4");
  wait_until("the status knows", [&] { return ward.status().at("quarantined") == 1; });
  check_says(ward.daemon.ctl({"quarantine", "discard", "--all"}), 0, "1 row dropped");
  wait_until("the status knows", [&] { return ward.status().at("quarantined") == 0; });
  check_says(ward.daemon.ctl({"flush"}), 0, "nothing to do");
  CHECK(ward.server("SELECT count(*) FROM packages") == "2");
  ward.source.exec("UPDATE packages SET name = 'gin' WHERE id > 2");
  must_flush(ward.daemon);
  CHECK(ward.differences() == "");
}

TEST_CASE("an id that is not held back is told by name, and nothing is done") {
  Ward ward;
  ward.refuse();
  const std::string id = ward.id_of(0);
  for (const std::string verb : {"show", "retry", "discard"}) {
    CAPTURE(verb);
    check_failure(ward.daemon.ctl({"quarantine", verb, "999"}), 2,
                  "has no row in quarantine with the id 999");
  }
  check_error(ward.daemon.http("GET", "/v1/quarantine?id=999"), 404, "unknown_row");
  check_error(ward.daemon.http("POST", "/v1/quarantine/retry", R"({"ids":[999]})"), 404, "unknown_row");
  check_error(ward.daemon.http("POST", "/v1/quarantine/discard", "{\"ids\":[" + id + ",999]}"), 404,
              "unknown_row");
  check_error(ward.daemon.http("GET", "/v1/quarantine?pipeline=nosuch"), 404, "unknown_pipeline");
  check_error(ward.daemon.http("POST", "/v1/skip", R"({"pipeline":"nosuch","error":"0"})"), 404,
              "unknown_pipeline");
  CHECK(ward.quarantined() == 1);
}

TEST_CASE("a deletion that the server refuses is held back as well") {
  Ward ward(kQuarantine, PostgresCluster::kOwner);
  ward.server(
      "CREATE TABLE labels (id bigint PRIMARY KEY REFERENCES packages); INSERT INTO labels VALUES (1)");
  ward.source.exec("DELETE FROM packages WHERE id = 1; UPDATE packages SET name = 'gin' WHERE id = 2");
  CHECK(must_flush(ward.daemon).at("quarantined") == 1);
  CHECK(ward.names() == "tea gin");
  const json row = ward.document().at("rows").at(0);
  CHECK(row.at("operation") == "delete");
  CHECK(row.at("key") == "1");
  CHECK(row.at("sqlstate") == "23503");
  check_says(ward.daemon.ctl({"quarantine", "show", ward.id_of(0)}), 0, "it is gone in SQLite");
  ward.server("DELETE FROM labels");
  check_says(ward.daemon.ctl({"quarantine", "retry"}), 0, "1 of 1 row has gone over");
  CHECK(ward.names() == "gin");
}

TEST_CASE("whole values are shown to the owner even where the log hides them") {
  Ward ward;
  ward.daemon.configure(shop(ward.source.path(), ward.cluster.url(ward.database, ward.role), kQuarantine) +
                        "  values: false\n");
  ward.daemon.stop();
  ward.start();
  ward.refuse();
  check_says(ward.daemon.ctl({"quarantine", "show", ward.id_of(0)}), 0, kTooLong);
  CHECK(ward.daemon.log().find(kTooLong) == std::string::npos);
}

TEST_CASE("the quarantine is read and pruned while the pipeline waits for the server") {
  Ward ward;
  ward.refuse();
  const Lock lock(ward);
  ward.source.exec("INSERT INTO packages VALUES (4, 'gin')");
  lock.wait_for_daemon();
  CHECK(ward.quarantined() == 1);
  check_says(ward.daemon.ctl({"quarantine", "show", ward.id_of(0)}), 0, kTooLong);
  check_says(ward.daemon.ctl({"quarantine", "discard", ward.id_of(0)}), 0, "1 row dropped");
  CHECK(ward.quarantined() == 0);
}

TEST_CASE("without its server the quarantine can't be read, and says so") {
  PostgresCluster server;
  const std::string database = server.create_database();
  Store store;
  store.daemon.configure(shop(store.source.path(), server.url(database), kQuarantine));
  store.start();
  server.stop();
  check_error(store.daemon.http("GET", "/v1/quarantine"), 503, "target_away");
  check_error(store.daemon.http("POST", "/v1/quarantine/retry"), 503, "target_away");
  check_failure(store.daemon.ctl({"quarantine", "list"}), 1, "");
}

TEST_CASE("a halted pipeline goes on without the row that is skipped") {
  Ward ward("");
  ward.halt();
  ward.source.exec("INSERT INTO packages VALUES (4, 'gin')");
  const std::string id = error_id(ward);
  SUBCASE("by the verb") {
    check_says(ward.daemon.ctl({"skip", "shop", "--error", id}), 0,
               "shop: goes on without table packages, key 3; 1 row in quarantine");
  }
  SUBCASE("over the control channel") {
    const auto answer = ward.daemon.http("POST", "/v1/skip", json{{"error", id}}.dump());
    CHECK(answer.status == 200);
    CHECK(answer.json == json::parse(R"({"pipeline":"shop","table":"packages","key":"3","quarantined":1})"));
  }
  CHECK(ward.names() == "tea rum gin");
  CHECK(ward.status().at("state") == "streaming");
  CHECK(ward.status().at("error").is_null());
  CHECK(ward.quarantined() == 1);
  ward.source.exec("UPDATE packages SET name = 'ale' WHERE id = 3");
  must_flush(ward.daemon);
  CHECK(ward.names() == "tea rum ale gin");
  CHECK(ward.quarantined() == 0);
}

TEST_CASE("to skip one row is no leave for the next") {
  Ward ward("");
  ward.halt();
  ward.source.exec("INSERT INTO packages VALUES (5, 'another name of more than twenty letters')");
  check_failure(ward.daemon.ctl({"skip", "--error", error_id(ward)}), 1, "key 5");
  wait_for_state(ward.daemon, "halted");
  CHECK(ward.status().at("error").at("key") == "5");
  check_says(ward.daemon.ctl({"skip", "--error", error_id(ward)}), 0,
             "goes on without table packages, key 5");
  CHECK(ward.quarantined() == 2);
  ward.source.exec("INSERT INTO packages VALUES (6, 'a third name of more than twenty letters')");
  wait_for_state(ward.daemon, "halted");
}

TEST_CASE("a skip that names another error than the present one does nothing") {
  Ward ward("");
  check_error(ward.daemon.http("POST", "/v1/skip", R"({"error":"7bfae9f5"})"), 409, "no_error");
  ward.halt();
  check_error(ward.daemon.http("POST", "/v1/skip", R"({"error":"7bfae9f5"})"), 409, "another_error");
  check_failure(ward.daemon.ctl({"skip", "--error", "7bfae9f5"}), 1, error_id(ward));
  CHECK(ward.quarantined() == 0);
  CHECK(ward.status().at("state") == "halted");
}

TEST_CASE("what is not a single row's fault can't be skipped") {
  Ward ward("    schema_changes: halt\n");
  ward.server("ALTER TABLE packages RENAME COLUMN name TO title");
  ward.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  wait_for_state(ward.daemon, "halted");
  check_error(ward.daemon.http("POST", "/v1/skip", json{{"error", error_id(ward)}}.dump()), 409, "not_a_row");
  const auto another = ward.daemon.ctl({"skip", "--error", "7bfae9f5"});
  check_failure(another, 1, "stands before another error");
  CHECK_FALSE(support::contains(another.err, "sluicectl skip"));
  CHECK(ward.quarantined() == 0);
}

TEST_CASE("what stands before an error and is paused says how to end the pause") {
  Ward ward("");
  ward.halt();
  CHECK(ward.daemon.ctl({"pause"}).exit_code == 0);
  const auto flushed = ward.daemon.ctl({"flush"});
  check_failure(flushed, 1, "is paused");
  CHECK(support::contains(flushed.err, "sluicectl resume shop"));
}

TEST_CASE("a pipeline of another source drops no rows from the quarantine that it finds under its name") {
  Ward ward;
  ward.refuse();
  support::SqliteFile other;
  other.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  support::DaemonProcess beside(shop(other.path(), ward.cluster.url(ward.database, ward.role), kQuarantine));
  beside.start();
  wait_for_state(beside, "diverged");
  check_failure(beside.ctl({"quarantine", "discard", "--all"}), 1, "belongs to another source");
  CHECK(ward.quarantined() == 1);
}

TEST_CASE("a paused pipeline skips nothing and tries nothing") {
  Ward ward;
  ward.refuse();
  CHECK(ward.daemon.ctl({"pause"}).exit_code == 0);
  wait_for_state(ward.daemon, "paused");
  check_error(ward.daemon.http("POST", "/v1/skip", R"({"error":"0"})"), 409, "paused");
  check_error(ward.daemon.http("POST", "/v1/quarantine/retry"), 409, "paused");
  CHECK(ward.quarantined() == 1);
}

TEST_CASE("more refusals than a thousand halt whatever the setting, and nothing is held back") {
  Ward ward;
  ward.source.exec(
      "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1110)"
      "INSERT INTO packages SELECT i, 'a name of more than twenty letters' FROM n");
  wait_for_state(ward.daemon, "halted");
  CHECK(ward.status().at("error").at("code") == "too_many_refused");
  CHECK(ward.quarantined() == 0);
  check_error(ward.daemon.http("POST", "/v1/skip", json{{"error", error_id(ward)}}.dump()), 409, "not_a_row");
  ward.server("ALTER TABLE packages ALTER COLUMN name TYPE text");
  CHECK(ward.daemon.ctl({"retry"}).exit_code == 0);
  must_flush(ward.daemon);
  CHECK(ward.differences() == "");
}

TEST_SUITE_END();

}  // namespace sluice::e2e
