// Somebody writes to the tables that Sluice keeps in the file. What no trigger can have written is not taken
// for a change: the ring counts as passed by, and every table is copied again.

#include <doctest/doctest.h>

#include "capture/install/install_plan.h"
#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

Match match_read(Follower& follower) {
  const ReadResult result = follower.source.read(follower.catalog, after(follower.at));
  return std::holds_alternative<Mismatch>(result) ? std::get<Mismatch>(result).match : Match::together;
}

/// Puts back what is damaged and goes on from there, as a daemon does that copies every table again.
void begin_again(Follower& follower) {
  const std::string id = follower.catalog.source_id;
  follower.source.install(KnownHistory{follower.at.position, id});
  follower.catalog = follower.source.survey();
  CHECK(follower.source.missing().empty());
  CHECK(follower.catalog.source_id == id);
  follower.at = follower.source.newest();
  for (const auto& table : follower.catalog.tables)
    follower.copies[table.id] = whole_table(follower.source, follower.catalog, table);
}

}  // namespace

TEST_CASE("an entry with the largest number of all hides nothing, and no write of the application fails") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run(
      "INSERT INTO _sluice_changelog(seq, src, op, nonce, k0) VALUES(9223372036854775807, 1, 'i', 5, 1);"
      "INSERT INTO t VALUES(1, 'a'), (2, 'b'); UPDATE t SET v = 'c'; DELETE FROM t WHERE id = 2");
  CHECK(std::holds_alternative<SchemaMoved>(follower.source.read(follower.catalog, after(follower.at))));
  CHECK_FALSE(follower.source.missing().empty());
  follower.source.install(KnownHistory{follower.at.position, follower.catalog.source_id});
  CHECK(follower.source.match(follower.at) == Match::overrun);
  begin_again(follower);
  CHECK(sandbox.number("SELECT max(seq) FROM _sluice_changelog") < 99'000'000'000);

  sandbox.run("INSERT INTO t VALUES(3, 'd'); UPDATE t SET v = 'e'");
  CHECK(follower.drain() == 3);
  CHECK(follower.equal());
}

TEST_CASE("numbers below all that a change can have are begun anew") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run(
      "UPDATE OR REPLACE _sluice_changelog SET seq = -9223372036854775807; INSERT INTO t VALUES(1, 'a')");
  CHECK(std::holds_alternative<SchemaMoved>(follower.source.read(follower.catalog, after(follower.at))));
  begin_again(follower);
  sandbox.run("INSERT INTO t VALUES(2, 'b')");
  CHECK(follower.drain() == 1);
  CHECK(follower.equal());
}

TEST_CASE("an entry that no trigger has written counts as a change that nobody knows") {
  for (const char* harm : {"src = NULL", "src = 'x'", "src = 77", "op = NULL", "op = 'zz'", "op = x'69'",
                           "nonce = NULL", "nonce = 'x'", "k0 = NULL", "k0 = 'x'", "k0 = 0.5"}) {
    CAPTURE(harm);
    Sandbox sandbox(kTable);
    Follower follower(sandbox.options());
    sandbox.run(std::string("INSERT INTO t VALUES(1, 'a'), (2, 'b'); UPDATE _sluice_changelog SET ") + harm +
                " WHERE k0 = 2");
    CHECK(follower.source.match(follower.at) == Match::together);
    CHECK(match_read(follower) == Match::overrun);
    CHECK(follower.source.match(follower.at) == Match::overrun);

    follower.at = follower.source.newest();
    CHECK(follower.source.match(follower.at) == Match::together);
    for (const auto& table : follower.catalog.tables)
      follower.copies[table.id] = whole_table(follower.source, follower.catalog, table);
    sandbox.run("INSERT INTO t VALUES(3, 'c')");
    CHECK(follower.drain() == 1);
    CHECK(follower.equal());
  }
}

TEST_CASE("an anchor whose entry is gone or overwritten is one that the ring has passed by") {
  for (const char* harm :
       {"DELETE FROM _sluice_changelog WHERE k0 = 1", "UPDATE _sluice_changelog SET op = 7"}) {
    CAPTURE(harm);
    Sandbox sandbox(kTable);
    Follower follower(sandbox.options());
    sandbox.run("INSERT INTO t VALUES(1, 'a')");
    follower.drain();
    sandbox.run(std::string("INSERT INTO t VALUES(2, 'b');") + harm);
    CHECK(follower.source.match(follower.at) == Match::overrun);
  }
}

TEST_CASE("whatever is written to the other tables, installing puts them in order") {
  Sandbox names(kTable);
  Source(names.options()).install();
  for (const std::string table : {"_sluice_meta", "_sluice_table"}) {
    SQLite::Statement columns(names.app(), "SELECT name FROM pragma_table_info(?)");
    columns.bind(1, table);
    while (columns.executeStep()) {
      const std::string column = columns.getColumn(0).getText();
      for (const std::string value : {"NULL", "''", "'x'", "x'ff00'", "-1", "0", "0.5", "9223372036854775807",
                                      "-9223372036854775807", "zeroblob(100000)", "gone"}) {
        CAPTURE(table);
        CAPTURE(column);
        CAPTURE(value);
        Sandbox sandbox(kTable);
        Follower follower(sandbox.options());
        try {
          sandbox.run(value == "gone" ? "ALTER TABLE " + table + " DROP COLUMN " + column
                                      : "UPDATE " + table + " SET " + column + " = " + value);
        } catch (const SQLite::Exception&) {
          continue;  // a key takes no text, and is not dropped
        }
        sandbox.run("INSERT INTO t VALUES(1, 'a')");
        begin_again(follower);
        // The next table's triggers are not there for a while, which must show in its version.
        const std::string before = follower.catalog.tables.front().version;
        sandbox.run("DROP TRIGGER _sluice_1_d");
        begin_again(follower);
        CHECK(follower.catalog.tables.front().version != before);
        sandbox.run("INSERT INTO t VALUES(2, 'b'); CREATE TABLE u(id INTEGER PRIMARY KEY)");
        begin_again(follower);
        CHECK(follower.catalog.tables.size() == 2);
        CHECK(follower.equal());
      }
    }
  }
}

TEST_CASE("the mark of a file that has moved stays one, whatever it says") {
  for (const char* harm : {"at = NULL", "at = x'1b5b'", "position = 'x'", "fenced = 'x'"}) {
    CAPTURE(harm);
    Sandbox sandbox(kTable);
    Source source(sandbox.options());
    source.install();
    sandbox.run(std::string("CREATE TABLE _sluice_moved(at, position, fenced); INSERT INTO _sluice_moved"
                            " VALUES('2026-01-02T03:04:05Z', 7, 1); UPDATE _sluice_moved SET ") +
                harm);
    REQUIRE(source.moved());
    CHECK(source.moved()->fenced);
    CHECK(source.moved()->at ==
          (std::string(harm).starts_with("at") ? "an unknown time" : "2026-01-02T03:04:05Z"));
  }
}

TEST_CASE("what has been counted a moment ago is not counted again while others wait to write") {
  Sandbox sandbox("CREATE TABLE t(id TEXT PRIMARY KEY); INSERT INTO t VALUES(NULL)");
  const SourceOptions options = sandbox.options();
  const InstallPlan plan = plan_install(sandbox.app(), options);
  CHECK(plan.null_keys == NullKeys{{"t", 1}});
  CHECK(plan.left_out.size() == 1);
  CHECK(plan_install(sandbox.app(), options, {{"t", 0}}).left_out.empty());
}

}  // namespace sluice::capture
