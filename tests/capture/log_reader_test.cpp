// The changelog in words, for people.

#include <doctest/doctest.h>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

constexpr std::size_t kPlenty = 100;

/// "t insert 7", one line an entry.
std::string text_of(const LogExcerpt& excerpt) {
  std::string text;
  for (const auto& entry : excerpt.entries) {
    text += text.empty() ? "" : "\n";
    text += entry.table + " " + entry.operation + " " + entry.key;
  }
  return text;
}

/// What came after the installation.
std::string changes(Source& source, Position base) {
  return text_of(source.recent(base, kPlenty));
}

}  // namespace

TEST_CASE("the log names table, operation and key, the oldest first") {
  Sandbox sandbox(kTable);
  Source source(sandbox.options());
  source.install();
  sandbox.run("INSERT INTO t VALUES(1, 'a'); UPDATE t SET v = 'b'; UPDATE t SET id = 2; DELETE FROM t");
  const LogExcerpt log = source.recent({}, kPlenty);
  CHECK(text_of(log) ==
        " base \n"
        "t insert 1\n"
        "t update 1\n"
        "t update 2\n"
        "t update 1\n"
        "t delete 2");
  CHECK(log.newest == source.captured());
  for (std::size_t i = 0; i < log.entries.size(); ++i)
    CHECK(log.entries[i].position.value == log.newest.value - 5 + static_cast<std::int64_t>(i));
}

TEST_CASE("a row that a unique index may replace is told as such") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO t VALUES(1, 'a')");
  Source source(sandbox.options());
  source.install();
  const Position base = source.captured();
  sandbox.run("INSERT OR REPLACE INTO t VALUES(2, 'a')");
  CHECK(changes(source, base) == "t maybe_replaced 1\nt insert 2");
}

TEST_CASE("without a position the newest entries are read, with one the first after it") {
  Sandbox sandbox(kTable);
  Source source(sandbox.options());
  source.install();
  const Position base = source.captured();
  sandbox.run("INSERT INTO t(id) VALUES(1),(2),(3),(4),(5)");
  CHECK(text_of(source.recent({}, 2)) == "t insert 4\nt insert 5");
  CHECK(text_of(source.recent(base, 2)) == "t insert 1\nt insert 2");
  CHECK(text_of(source.recent(Position{base.value + 4}, 2)) == "t insert 5");
  const LogExcerpt end = source.recent(source.captured(), 2);
  CHECK(end.entries.empty());
  CHECK(end.newest.value == base.value + 5);
  CHECK(source.recent(Position{base.value + 99}, 2).entries.empty());
}

TEST_CASE("a key has as many columns as its table's, whatever wider keys the changelog holds") {
  Sandbox sandbox(
      "CREATE TABLE narrow(id INTEGER PRIMARY KEY);"
      "CREATE TABLE wide(a, b TEXT, c BLOB, PRIMARY KEY(c, a, b)) WITHOUT ROWID;"
      "CREATE TABLE loose(a INTEGER, b INTEGER, PRIMARY KEY(a, b))");
  Source source(sandbox.options());
  source.install();
  const Position base = source.captured();
  sandbox.run(
      "INSERT INTO narrow VALUES(7); INSERT INTO wide VALUES(1.5, 'it''s', x'00ff');"
      "INSERT INTO loose VALUES(1, NULL)");
  CHECK(changes(source, base) ==
        "narrow insert 7\n"
        "wide insert (x'00ff', 1.5, 'it''s')\n"
        "loose insert (1, NULL)");
}

TEST_CASE("a renamed table is told by its new name, one that is gone by its last") {
  Sandbox sandbox(std::string(kTable) + "; CREATE TABLE pairs(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID");
  Source source(sandbox.options());
  source.install();
  const Position base = source.captured();
  sandbox.run(
      "INSERT INTO t VALUES(1, 'a'); INSERT INTO pairs VALUES(1, 2); ALTER TABLE t RENAME TO \"new name\"");
  CHECK(changes(source, base) == "new name insert 1\npairs insert (1, 2)");
  source.install();
  sandbox.run("DROP TABLE \"new name\"; DROP TABLE pairs");
  CHECK(changes(source, base).starts_with("new name insert 1\npairs insert (1, 2)"));
}

TEST_CASE("a gone table whose name another one has taken is told by its number") {
  Sandbox sandbox(std::string(kTable) + "; CREATE TABLE u(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  source.install();
  const Position base = source.captured();
  sandbox.run("INSERT INTO t(id) VALUES(1); DROP TABLE t; ALTER TABLE u RENAME TO t");
  source.install();
  sandbox.run("INSERT INTO t(id) VALUES(2)");
  const std::string text = changes(source, base);
  CHECK(text.starts_with("table 1 insert 1\n"));
  CHECK(text.ends_with("t insert 2"));
}

TEST_CASE("a very long value is cut in the log") {
  Sandbox sandbox("CREATE TABLE t(id TEXT PRIMARY KEY) WITHOUT ROWID");
  Source source(sandbox.options());
  source.install();
  sandbox.run("INSERT INTO t VALUES(hex(zeroblob(1000000)))");
  const std::string key = source.recent({}, 1).entries.at(0).key;
  CHECK(key.size() < 2000);
  CHECK(key.starts_with("'0000"));
  CHECK(key.ends_with("…'"));
}

TEST_CASE("the log shows what is committed, and writes nothing") {
  Sandbox sandbox(kTable);
  Source source(sandbox.options());
  source.install();
  sandbox.run("BEGIN; INSERT INTO t VALUES(1, 'a')");
  CHECK(text_of(source.recent({}, kPlenty)) == " base ");
  sandbox.run("COMMIT");
  const std::int64_t version = sandbox.number("PRAGMA data_version");
  CHECK(text_of(Source(sandbox.options()).recent({}, kPlenty)) == " base \nt insert 1");
  CHECK(sandbox.number("PRAGMA data_version") == version);
}

TEST_CASE("a file without a changelog has no log, and says how to get one") {
  Sandbox sandbox(kTable);
  Source source(sandbox.options());
  try {
    source.recent({}, kPlenty);
    FAIL("a changelog out of nothing");
  } catch (const SourceError& error) {
    CHECK(error.code() == "not_installed");
    CHECK_FALSE(error.hint().empty());
  }
}

}  // namespace sluice::capture
