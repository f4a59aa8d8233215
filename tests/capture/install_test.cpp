#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

constexpr const char* kDumpSchema =
    "SELECT group_concat(type || name || tbl_name || coalesce(sql, '-'), char(10)) FROM sqlite_schema";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Ids = std::vector<TableId>;

}  // namespace

TEST_CASE("a second install writes nothing") {
  for (const char* journal : {"PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = WAL"}) {
    CAPTURE(journal);
    Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)", journal);
    const InstallReport first = Source(sandbox.options()).install();
    CHECK(first.changelog_created);
    CHECK(first.unprotected == Ids{1});
    CHECK(first.installed == std::vector<std::string>{"t"});
    const std::string before = bytes_of(sandbox.path()) + bytes_of(sandbox.path() + "-wal");
    Source source(sandbox.options());
    CHECK(source.missing().empty());
    const InstallReport second = source.install();
    CHECK_FALSE(second.changelog_created);
    CHECK(second.installed.empty());
    CHECK(second.unprotected.empty());
    CHECK(bytes_of(sandbox.path()) + bytes_of(sandbox.path() + "-wal") == before);
  }
}

TEST_CASE("uninstall leaves the schema byte for byte as it was") {
  Sandbox sandbox(
      "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE); CREATE VIEW w AS SELECT * FROM t;"
      "CREATE TRIGGER mine AFTER INSERT ON t BEGIN SELECT 1; END; INSERT INTO t(u) VALUES(1)");
  const std::string before = sandbox.text(kDumpSchema);
  Source source(sandbox.options());
  CHECK_FALSE(source.uninstall());
  source.install();
  CHECK(sandbox.text(kDumpSchema) != before);
  CHECK(source.uninstall());
  CHECK(sandbox.text(kDumpSchema) == before);
  CHECK(sandbox.text("SELECT group_concat(name || seq) FROM sqlite_sequence") == "t1");
  sandbox.run("INSERT INTO t(u) VALUES(2)");
}

TEST_CASE("what cannot be captured is listed with its reason") {
  Sandbox sandbox(
      "CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE keyless(v); CREATE VIEW w AS SELECT 1;"
      "CREATE TABLE holes(id TEXT PRIMARY KEY); INSERT INTO holes VALUES(NULL),(NULL);"
      "CREATE TABLE hidden(id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE f USING fts5(x)");
  SourceOptions options = sandbox.options();
  options.exclude = {"hid*"};
  Source source(options);
  source.install();
  const Catalog catalog = source.survey();
  REQUIRE(catalog.tables.size() == 1);
  CHECK(catalog.tables[0].name == "a");
  CHECK(catalog.tables[0].key_is_rowid);
  std::map<std::string, std::string> reasons;
  for (const auto& each : catalog.not_captured) reasons[each.name] = each.reason;
  CHECK(reasons["keyless"].starts_with("no primary key"));
  CHECK(reasons["holes"].starts_with("2 rows with NULL in the key"));
  CHECK(reasons["w"].starts_with("a view"));
  CHECK(reasons["f"].starts_with("a virtual table"));
  CHECK(reasons["f_data"].starts_with("holds the data of a virtual table"));
  CHECK_FALSE(reasons.contains("hidden"));
}

TEST_CASE("a rebuilt table keeps its number and counts as unprotected") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE other(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const TableId id = source.survey().tables[1].id;
  CHECK(source.survey().tables[1].name == "t");
  sandbox.run("CREATE TABLE t2(id INTEGER PRIMARY KEY, v, w); DROP TABLE t; ALTER TABLE t2 RENAME TO t");
  CHECK_FALSE(source.missing().empty());
  const InstallReport report = source.install();
  CHECK(report.unprotected == Ids{id});
  CHECK(report.installed == std::vector<std::string>{"t"});
}

TEST_CASE("a renamed table keeps its number and its protection") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)");
  Source source(sandbox.options());
  source.install();
  sandbox.run("ALTER TABLE t RENAME TO \"new name\"");
  const InstallReport report = source.install();
  CHECK(report.unprotected.empty());
  const Catalog catalog = source.survey();
  REQUIRE(catalog.tables.size() == 1);
  CHECK(catalog.tables[0].id == 1);
  CHECK(catalog.tables[0].name == "new name");
  CHECK(sandbox.text("SELECT name FROM _sluice_table") == "new name");
}

TEST_CASE("a number is never given to another table") {
  Sandbox sandbox("CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  sandbox.run("DROP TABLE b; CREATE TABLE c(id INTEGER PRIMARY KEY)");
  CHECK(source.install().unprotected == Ids{3});
}

TEST_CASE("triggers taken out behind our back are put in again") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)");
  Source source(sandbox.options());
  source.install();
  sandbox.run("DROP TRIGGER _sluice_1_pu0");
  CHECK(source.install().unprotected == Ids{1});
  CHECK(source.missing().empty());
}

TEST_CASE("our insert trigger stays the newest of its table") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  sandbox.run("CREATE TRIGGER harmless AFTER UPDATE ON t BEGIN SELECT 1; END");
  InstallReport report = source.install();
  CHECK(report.installed == std::vector<std::string>{"t"});
  CHECK(report.unprotected.empty());
  sandbox.run("CREATE TRIGGER hides AFTER INSERT ON t BEGIN SELECT 1; END");
  report = source.install();
  CHECK(report.unprotected == Ids{1});
  CHECK(source.missing().empty());
}

TEST_CASE("the changelog grows with the widest key") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Follower follower(sandbox.options());
  sandbox.run("CREATE TABLE wide(a, b, c, PRIMARY KEY(a, b, c)); INSERT INTO t VALUES(1)");
  follower.source.install();
  follower.catalog = follower.source.survey();
  sandbox.run("INSERT INTO wide VALUES(1,2,3)");
  CHECK(follower.drain() == 2);
  CHECK(follower.equal());
}

TEST_CASE("tables that are excluded later lose their triggers") {
  Sandbox sandbox("CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY)");
  Source(sandbox.options()).install();
  SourceOptions options = sandbox.options();
  options.exclude = {"b"};
  Source(options).install();
  CHECK(sandbox.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'b'") == 0);
  CHECK(sandbox.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'a'") == 4);
}

TEST_CASE("the ring keeps its capacity and never loses the newest") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  SourceOptions options = sandbox.options();
  options.capacity = 100;
  Source source(options);
  source.install();
  sandbox.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i "
      "FROM n");
  const std::int64_t kept = sandbox.number("SELECT count(*) FROM _sluice_changelog");
  CHECK(kept >= 100);
  CHECK(kept <= 112);
  CHECK(sandbox.number("SELECT k0 FROM _sluice_changelog ORDER BY seq DESC LIMIT 1") == 1000);
  options.capacity = 1;
  Source(options).install();
  sandbox.run("DELETE FROM t");
  CHECK(sandbox.number("SELECT count(*) FROM _sluice_changelog") == 1);
}

TEST_CASE("numbers start above the last one known") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install(KnownHistory{Position{99'000'000'000}, ""});
  CHECK(source.captured().value == 99'000'000'001);
}

TEST_CASE("a changelog that somebody dropped is put back and looks like a ring that has passed by") {
  for (const bool ahead_of_time : {false, true}) {
    CAPTURE(ahead_of_time);
    Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)");
    Source source(sandbox.options());
    source.install();
    const std::string id = source.survey().source_id;
    const Anchor applied{Position{99'000'000'000}, 5, "1 i 7"};
    sandbox.run("DROP TABLE _sluice_changelog; DROP TABLE _sluice_meta; DROP TABLE _sluice_table");
    CHECK_THROWS_AS(sandbox.run("INSERT INTO t VALUES(2)"), SQLite::Exception);
    if (ahead_of_time) {
      source.install();
      // A connection that has met the error goes by its own idea of the schema until it reads something.
      CHECK(sandbox.number("SELECT count(*) FROM t") == 1);
      sandbox.run("INSERT INTO t VALUES(2)");
    }
    source.install(KnownHistory{applied.position, id});
    const Catalog catalog = source.survey();
    CHECK(catalog.source_id == id);
    CHECK(catalog.tables.front().id == 1);
    CHECK(source.match(applied) == Match::overrun);
    CHECK(source.missing().empty());
    CHECK(sandbox.number("SELECT count(*) FROM t") > 0);
    sandbox.run("INSERT INTO t VALUES(3)");
    CHECK(source.captured().value == applied.position.value + 2);
  }
}

TEST_CASE("a changelog put back without anybody who knows it gets a new id") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const std::string id = source.survey().source_id;
  sandbox.run("DROP TABLE _sluice_changelog; DROP TABLE _sluice_meta");
  source.install(KnownHistory{});
  CHECK(source.survey().source_id.size() == id.size());
  CHECK(source.survey().source_id != id);
}

TEST_CASE("an emptied changelog goes on above what is known, written to since or not") {
  for (const char* written : {"", "INSERT INTO t VALUES(2),(3)"}) {
    CAPTURE(written);
    Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    Source source(sandbox.options());
    source.install();
    sandbox.run("INSERT INTO t VALUES(1)");
    const Anchor applied = source.newest();
    const std::string id = source.survey().source_id;
    sandbox.run(std::string("DELETE FROM _sluice_changelog;") + written);
    CHECK_FALSE(source.missing().empty());
    source.install(KnownHistory{applied.position, id});
    CHECK(source.match(applied) == Match::overrun);
    CHECK(source.survey().source_id == id);
  }
}

TEST_CASE("a table that is renamed and takes its name back is another one each time") {
  Sandbox sandbox("CREATE TABLE \"t\"(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const std::string first = source.survey().tables.front().version;
  for (const char* name : {"u", "t"}) {
    sandbox.run("ALTER TABLE \"" + source.survey().tables.front().name + "\" RENAME TO \"" + name + "\"");
    source.install();
  }
  CHECK(source.survey().tables.front().name == "t");
  CHECK(source.survey().tables.front().version != first);
}

TEST_CASE("tables of ours that were emptied are filled again") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const std::string id = source.survey().source_id;
  sandbox.run(
      "INSERT INTO t VALUES(1); DELETE FROM _sluice_meta; DELETE FROM _sluice_table;"
      "DELETE FROM _sluice_changelog; INSERT INTO t VALUES(2); CREATE TABLE u(id INTEGER PRIMARY KEY)");
  source.install(KnownHistory{Position{99'000'000'000}, id});
  CHECK(source.missing().empty());
  CHECK(source.survey().source_id == id);
  CHECK(source.survey().tables.size() == 2);
}

TEST_CASE("a file put back from a time before is not taken for an emptied one") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  sandbox.run("INSERT INTO t VALUES(1)");
  const Anchor later{Position{source.captured().value + 10}, 5, "1 i 7"};
  source.install(KnownHistory{later.position, source.survey().source_id});
  CHECK(source.match(later) == Match::rewound);
}

TEST_CASE("a trigger edited out of the schema by hand is seen by the next look") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Follower follower(sandbox.options());
  const auto version = sandbox.number("PRAGMA schema_version");
  sandbox.run("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = '_sluice_1_d'");
  REQUIRE(sandbox.number("PRAGMA schema_version") == version);
  ReadRequest request;
  request.from = follower.at;
  CHECK(std::holds_alternative<SchemaMoved>(follower.source.read(follower.catalog, request)));
}

TEST_CASE("a newer format is refused by name") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source(sandbox.options()).install();
  sandbox.run("UPDATE _sluice_meta SET format = 3");
  try {
    Source source(sandbox.options());
    FAIL("a newer format was accepted");
  } catch (const SourceError& error) {
    CHECK(error.code() == "format_newer");
    CHECK(std::string(error.what()).find("format 3") != std::string::npos);
  }
}

}  // namespace sluice::capture
