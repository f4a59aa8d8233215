// What a pipeline goes through in its life: first copies, backlogs, schema changes, a ring that was too
// small, a backup put back.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/e2e/scene.h"
#include "tests/support/compare.h"
#include "tests/support/wait_until.h"

using namespace sluice::support;
using namespace sluice::e2e;

namespace {

/// A file whose tables Sluice makes on the server itself.
struct Life {
  PostgresCluster& cluster = shared_cluster();
  std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  SqliteFile source;
  DaemonProcess daemon;

  explicit Life(const std::string& schema, const std::string& settings = "")
      : daemon(shop(source.path(), cluster.url(database, PostgresCluster::kReplicaOwner), settings)) {
    source.exec(schema);
  }

  void check_equal(const TablePair& table) {
    CAPTURE(table.source);
    CHECK(listed_differences(source, cluster, database, table) == "");
  }

  void flush_and_check(const TablePair& table) {
    must_flush(daemon);
    check_equal(table);
  }
};

std::string numbers(int from, int to) {
  return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(from) +
         " UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(to) + ") ";
}

const char* const kItem =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, data BLOB)";
const TablePair kItems{"item", "", {"id"}};

}  // namespace

TEST_SUITE("life") {
  TEST_CASE("a first copy in many chunks goes on beside the application's writes") {
    Life life(kItem);
    life.source.exec(numbers(1, 70'000) +
                     "INSERT INTO item SELECT i, 'name ' || i, i / 3.0, randomblob(8) FROM n");
    life.daemon.launch();
    for (int i = 0; i < 200; ++i) {
      const auto id = std::to_string(i * 347 % 70'000 + 1);
      life.source.exec("UPDATE item SET name = 'changed' WHERE id = " + id +
                       "; DELETE FROM item WHERE id = " + id + " + 5; INSERT OR REPLACE INTO item VALUES(" +
                       id + " + 70000, 'new', 1.5, NULL)");
    }
    wait_for_state(life.daemon, "streaming");
    life.flush_and_check(kItems);
    const auto table = pipeline_status(life.daemon)["tables"][0];
    CHECK(table["state"] == "streaming");
    CHECK(table["rows_copied"].get<int>() >= 69'000);
  }

  TEST_CASE("keys of every shape are copied and followed") {
    Life life(
        "CREATE TABLE by_text(k TEXT PRIMARY KEY, v);"
        "CREATE TABLE pair(a INTEGER, b TEXT, v TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID;"
        "CREATE TABLE folded(k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT);"
        "CREATE TABLE bytes(k BLOB PRIMARY KEY, v TEXT)");
    life.source.exec(
        numbers(1, 3000) +
        "INSERT INTO by_text SELECT char(65 + i % 57) || i || char(233), CAST(i AS TEXT) FROM n;" +
        numbers(1, 3000) + "INSERT INTO pair SELECT i % 50, 'b' || i, 'v' FROM n;" + numbers(1, 3000) +
        "INSERT INTO folded SELECT CASE i % 2 WHEN 0 THEN 'key' ELSE 'KEY' END || i, 'v' FROM n;" +
        numbers(1, 3000) + "INSERT INTO bytes SELECT randomblob(12), 'v' FROM n");
    life.daemon.start();
    const std::vector<TablePair> tables{
        {"by_text", "", {"k"}}, {"pair", "", {"a", "b"}}, {"folded", "", {"k"}}, {"bytes", "", {"k"}}};
    for (const auto& table : tables) life.flush_and_check(table);
    life.source.exec(
        "UPDATE by_text SET k = k || 'x' WHERE rowid % 7 = 0; DELETE FROM pair WHERE a = 3;"
        "UPDATE pair SET a = a + 100 WHERE a = 4; REPLACE INTO folded SELECT lower(k), 'again' FROM folded "
        "LIMIT 100;"
        "DELETE FROM bytes WHERE k > x'80'");
    for (const auto& table : tables) life.flush_and_check(table);
  }

  TEST_CASE("values arrive bit for bit") {
    // No type on r: SQLite itself would store the -0.0 of a REAL column as 0.
    Life life("CREATE TABLE v(id INTEGER PRIMARY KEY, i INTEGER, r, t TEXT, b BLOB)");
    life.cluster.psql(life.database,
                      "CREATE TABLE v(id bigint PRIMARY KEY, i bigint, r double precision, t text, b bytea)",
                      PostgresCluster::kReplicaOwner);
    life.source.exec(
        "INSERT INTO v VALUES (1, 9223372036854775807, 0.1 + 0.2, 'it''s \\ \"x\"' || char(10, 9, 13), x''),"
        " (2, -9223372036854775808, -0.0, 'ü€😀', x'00ff5c'), (3, NULL, 9e999, '', NULL),"
        " (4, 0, 4.9e-324, '\\N', zeroblob(5000))");
    life.daemon.start();
    life.flush_and_check({"v", "", {"id"}});
    const auto bits = [&](const char* id) {
      return life.cluster.psql(life.database,
                               std::string("SELECT encode(float8send(r), 'hex') FROM v WHERE id = ") + id);
    };
    CHECK(bits("1") == "3fd3333333333334");
    CHECK(bits("2") == "8000000000000000");
    CHECK(bits("3") == "7ff0000000000000");
    CHECK(bits("4") == "0000000000000001");
    // The same values once more through the stream, as literals instead of COPY.
    life.source.exec("UPDATE v SET id = id + 10");
    life.flush_and_check({"v", "", {"id"}});
    CHECK(bits("12") == "8000000000000000");
  }

  TEST_CASE("a backlog that came while the daemon was down is caught up in one whole batch") {
    Life life(kItem);
    life.source.exec(numbers(1, 30'000) + "INSERT INTO item SELECT i, 'n' || i, i, NULL FROM n");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec(
        "UPDATE item SET price = price + 1 WHERE id % 2 = 0; DELETE FROM item WHERE id % 5 = 0;" +
        numbers(40'001, 60'000) +
        "INSERT INTO item SELECT i, 'n' || i, i, x'01' FROM n;"
        "UPDATE item SET id = -id WHERE id BETWEEN 100 AND 200");
    life.daemon.start();
    life.flush_and_check(kItems);
    CHECK(pipeline_status(life.daemon)["totals"]["batches"] == 1);
  }

  TEST_CASE("a backlog above the limit of a batch arrives as a declared catch-up") {
    Life life(kItem, "    apply: {max_batch_changes: 20000}\n");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec(numbers(1, 90'000) + "INSERT INTO item SELECT i, 'n' || i, i, NULL FROM n");
    life.daemon.start();
    life.flush_and_check(kItems);
    CHECK(pipeline_status(life.daemon)["totals"]["batches"].get<int>() > 1);
    CHECK(life.cluster.psql(life.database, "SELECT whole FROM sluice.pipeline") == "t");
  }

  TEST_CASE("a ring that was overrun while the daemon was down heals by a fresh copy") {
    Life life(kItem, "    changelog: {capacity: 2000}\n");
    life.source.exec(numbers(1, 1000) + "INSERT INTO item SELECT i, 'n' || i, i, NULL FROM n");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec(numbers(1001, 9000) +
                     "INSERT INTO item SELECT i, 'n' || i, i, NULL FROM n;"
                     "DELETE FROM item WHERE id < 6; UPDATE item SET name = 'x' WHERE id > 8900");
    CHECK(std::stoi(life.source.rows("SELECT count(*) FROM _sluice_changelog")) < 4000);
    life.daemon.start();
    life.flush_and_check(kItems);
  }

  TEST_CASE("a backup copied back over the file and written past is found out, and nothing is overwritten") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'hot', 0, NULL)");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto backup = life.source.folder() / "backup.db";
    std::filesystem::copy_file(life.source.path(), backup);
    life.source.exec("UPDATE item SET price = 1; UPDATE item SET price = 2");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::copy_file(backup, life.source.path(), std::filesystem::copy_options::overwrite_existing);
    {
      auto again = connect(life.source.path(), 1000);
      for (int i = 0; i < 9; ++i) again.exec("UPDATE item SET price = 100 + " + std::to_string(i));
    }
    life.daemon.start();
    wait_for_state(life.daemon, "diverged");
    const auto error = pipeline_status(life.daemon)["error"];
    CHECK(error["code"] == "different_history");
    CHECK_FALSE(error["hint"].get<std::string>().empty());
    CHECK(flush(life.daemon).status == 409);
    CHECK(life.cluster.psql(life.database, "SELECT price FROM item") == "2");
  }

  TEST_CASE("a new column and a new table follow by themselves, and a rebuilt table loses nothing") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL), (2, 'b', 2, x'02')");
    life.daemon.start();
    must_flush(life.daemon);
    life.source.exec(
        "ALTER TABLE item ADD COLUMN stock INTEGER DEFAULT 7; UPDATE item SET stock = 9 WHERE id = 2;"
        "CREATE TABLE tag(id INTEGER PRIMARY KEY, word TEXT); INSERT INTO tag VALUES(1, 'x')");
    life.flush_and_check(kItems);
    life.flush_and_check({"tag", "", {"id"}});
    // As migration tools do it: the triggers are gone with the old table, and writes follow at once.
    life.source.exec(
        "BEGIN; CREATE TABLE new_item(id INTEGER PRIMARY KEY, name TEXT, price REAL, data BLOB, stock INT);"
        "INSERT INTO new_item SELECT * FROM item; DROP TABLE item; ALTER TABLE new_item RENAME TO item;"
        "COMMIT; INSERT INTO item VALUES(3, 'c', 3, NULL, 1); DELETE FROM item WHERE id = 1");
    life.flush_and_check(kItems);
    life.source.exec("UPDATE item SET name = 'z'");
    life.flush_and_check(kItems);
  }

  TEST_CASE("what went by while a table had no triggers is copied again, whoever puts them back in") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL), (2, 'b', 2, NULL)");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec("CREATE TABLE new_item AS SELECT * FROM item; DROP TABLE item;" + std::string(kItem) +
                     "; INSERT INTO item SELECT * FROM new_item; DROP TABLE new_item;"
                     "UPDATE item SET name = 'unseen' WHERE id = 1; DELETE FROM item WHERE id = 2");
    REQUIRE(life.daemon.ctl({"install"}).exit_code == 0);
    life.daemon.start();
    life.flush_and_check(kItems);
  }

  TEST_CASE("a new column fills old rows also where the server has it already") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL), (2, 'b', 2, NULL)");
    life.daemon.start();
    must_flush(life.daemon);
    life.cluster.psql(life.database, "ALTER TABLE item ADD COLUMN stock bigint",
                      PostgresCluster::kReplicaOwner);
    life.source.exec("ALTER TABLE item ADD COLUMN stock INTEGER DEFAULT 7");
    life.flush_and_check(kItems);
    life.source.exec(
        "ALTER TABLE item DROP COLUMN stock; ALTER TABLE item ADD COLUMN stock INTEGER DEFAULT 99");
    life.flush_and_check(kItems);
  }

  TEST_CASE("under merge no copy ever deletes what only Postgres has") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL)");
    auto config = shop(life.source.path(), life.cluster.url(life.database, PostgresCluster::kReplicaOwner));
    config.replace(config.find("      url:"), 0, "      existing_rows: merge\n");
    life.daemon.configure(config);
    life.daemon.start();
    must_flush(life.daemon);
    life.cluster.psql(life.database, "INSERT INTO item VALUES(1000, 'theirs', 1, NULL)");
    life.source.exec("CREATE TABLE new_item AS SELECT * FROM item; DROP TABLE item;" + std::string(kItem) +
                     "; INSERT INTO item SELECT * FROM new_item; DROP TABLE new_item; INSERT INTO item "
                     "VALUES(2, 'b', 2, NULL)");
    must_flush(life.daemon);
    CHECK(life.cluster.psql(life.database, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM item") ==
          "1 2 1000");
  }

  TEST_CASE("an overrun ring that would delete much of a table asks first") {
    Life life(kItem, "    changelog: {capacity: 2000}\n");
    life.source.exec(numbers(1, 5000) + "INSERT INTO item SELECT i, 'n' || i, i, NULL FROM n");
    life.daemon.start();
    must_flush(life.daemon);
    life.daemon.stop();
    life.source.exec("DELETE FROM item WHERE id > 1000");
    life.daemon.start();
    wait_for_state(life.daemon, "diverged");
    const auto error = pipeline_status(life.daemon)["error"];
    CHECK(error["code"] == "resync_would_delete");
    CHECK(error["message"].get<std::string>().find("4000 of 5000") != std::string::npos);
    CHECK(life.cluster.psql(life.database, "SELECT count(*) FROM item") == "5000");
  }

  TEST_CASE("a flush with nothing to do still asks the server") {
    PostgresCluster cluster;
    const auto database = cluster.create_database(PostgresCluster::kReplicaOwner);
    SqliteFile source;
    source.exec(std::string(kItem) + "; INSERT INTO item VALUES(1, 'a', 1, NULL)");
    DaemonProcess daemon(shop(source.path(), cluster.url(database, PostgresCluster::kReplicaOwner)));
    daemon.start();
    must_flush(daemon);
    cluster.stop();
    CHECK(flush(daemon).status == 503);
    cluster.start();
    must_flush(daemon);
    // A server restored to a time before: the ring brings it up to date, and no flush calls that nothing.
    cluster.psql(database, "DELETE FROM item; DELETE FROM sluice.pipeline");
    wait_until("the row is there again", [&] {
      flush(daemon);
      return cluster.psql(database, "SELECT count(*) FROM item") == "1";
    });
  }

  TEST_CASE("reloads and a stop get past a server that does not answer, and no pipeline runs twice") {
    PostgresCluster cluster;
    const auto database = cluster.create_database(PostgresCluster::kReplicaOwner);
    SqliteFile source;
    source.exec(kItem);
    const auto url = cluster.url(database, PostgresCluster::kReplicaOwner);
    DaemonProcess daemon(shop(source.path(), url));
    daemon.start();
    must_flush(daemon);
    cluster.pause();
    source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL)");
    wait_until("the daemon waits for the server",
               [&] { return pipeline_status(daemon)["position"]["pending"] == 1; });
    for (const char* delay : {"1ms", "2ms"}) {
      daemon.configure(shop(source.path(), url, "    apply: {max_delay: " + std::string(delay) + "}\n"));
      CHECK(daemon.http("POST", "/v1/reload").status == 200);
      CHECK(pipeline_status(daemon)["state"] == "starting");
    }
    daemon.signal(SIGTERM);
    CHECK(daemon.wait(std::chrono::seconds(60)) == 0);
    cluster.cont();
    daemon.start();
    must_flush(daemon);
    CHECK(cluster.psql(database, "SELECT count(*) FROM item") == "1");
  }

  TEST_CASE("a connection that died unused is replaced by the flush that needs it") {
    PostgresCluster cluster;
    const auto database = cluster.create_database(PostgresCluster::kReplicaOwner);
    SqliteFile source;
    source.exec(kItem);
    DaemonProcess daemon(
        shop(source.path(), cluster.url(database, PostgresCluster::kReplicaOwner), "    mode: manual\n"));
    daemon.start();
    must_flush(daemon);
    cluster.restart();
    source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL)");
    CHECK(flush(daemon).status == 200);
    CHECK(cluster.psql(database, "SELECT count(*) FROM item") == "1");
  }

  TEST_CASE("a file that nobody writes to is left alone, whatever the pipeline waits for") {
    for (const char* mode : {"manual", "continuous"}) {
      CAPTURE(mode);
      Life life(kItem, std::string("    mode: ") + mode + "\n");
      life.daemon.start();
      must_flush(life.daemon);
      if (std::string(mode) == "continuous") life.daemon.http("POST", "/v1/pause");
      life.source.database().exec("PRAGMA wal_checkpoint");
      const auto openings = [&] {
        const auto log = life.daemon.log();
        int count = 0;
        for (std::size_t at = 0; (at = log.find("name=open_source", at)) != std::string::npos; ++at) ++count;
        return count;
      };
      const auto holds_file = [&] {
        for (const auto& entry :
             std::filesystem::directory_iterator("/proc/" + std::to_string(life.daemon.pid()) + "/fd")) {
          std::error_code gone;
          if (std::filesystem::read_symlink(entry, gone) == life.source.path()) return true;
        }
        return false;
      };
      wait_until("the daemon lets go of the file", [&] { return !holds_file(); });
      const int before = openings();
      // Twice as long as it takes to let go of a file: opening by itself would show.
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      wait_until("five seconds are over", [&] { return std::chrono::steady_clock::now() > until; });
      CHECK(openings() == before);
    }
  }

  TEST_CASE("a rollback journal is followed as well") {
    Life life(kItem);
    life.source.exec("PRAGMA journal_mode = delete; INSERT INTO item VALUES(1, 'a', 1, NULL)");
    life.daemon.start();
    life.flush_and_check(kItems);
    life.source.exec("PRAGMA busy_timeout = 5000; UPDATE item SET name = 'b'");
    wait_until("the change is there",
               [&] { return life.cluster.psql(life.database, "SELECT name FROM item") == "b"; });
  }

  TEST_CASE("a check beside the running daemon takes none of its locks away") {
    Life life(kItem);
    life.source.exec("INSERT INTO item VALUES(1, 'a', 1, NULL)");
    life.daemon.start();
    must_flush(life.daemon);
    CHECK(life.daemon.http("POST", "/v1/check").json["ready"] == true);
    CHECK(life.daemon.http("POST", "/v1/flush", R"({"timeout_ms": 0})").status == 202);
    const auto path = life.source.path();
    for (int i = 0; i < 10; ++i) {
      // A short-lived program: were it the last to close the file, it would fold the log in and delete it.
      const auto update = run({{"sqlite3", path.string(), "UPDATE item SET price = " + std::to_string(i)}});
      REQUIRE(update.exit_code == 0);
      must_flush(life.daemon);
      CHECK(life.cluster.psql(life.database, "SELECT price FROM item") == std::to_string(i));
    }
  }

  TEST_CASE("two pipelines work beside each other, and one that halts holds up no other") {
    auto& cluster = shared_cluster();
    const auto role = PostgresCluster::kReplicaOwner;
    const auto database = cluster.create_database(role);
    SqliteFile one, two;
    one.exec("CREATE TABLE first(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO first VALUES(1, 'long text')");
    two.exec("CREATE TABLE second(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO second VALUES(1, 'x')");
    cluster.psql(database, "CREATE TABLE first(id bigint PRIMARY KEY, v varchar(3))", role);
    const auto pipeline = [&](const std::string& name, const SqliteFile& file) {
      return "  " + name + ":\n    source: {path: " + file.path().string() + "}\n    target: {url: '" +
             cluster.url(database, role) + "'}\n";
    };
    DaemonProcess daemon("pipelines:\n" + pipeline("one", one) + pipeline("two", two));
    daemon.start();
    const auto answer = daemon.http("POST", "/v1/flush", R"({"pipeline": "two"})");
    CHECK(answer.status == 200);
    CHECK(cluster.psql(database, "SELECT v FROM second") == "x");
    const auto refused = daemon.http("POST", "/v1/flush", R"({"pipeline": "one"})");
    CHECK(refused.status == 409);
    CHECK(refused.json["error"]["message"].get<std::string>().find("22001") != std::string::npos);
    CHECK(daemon.http("POST", "/v1/flush").status == 400);
    one.exec("UPDATE first SET v = 'ok'");
    wait_until("the cured row arrives by itself",
               [&] { return cluster.psql(database, "SELECT v FROM first") == "ok"; });
  }
}
