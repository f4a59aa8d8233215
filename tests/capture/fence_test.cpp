// The end of a source: the lock under which its last changes are read, and the fence that stays.

#include "capture/locked_source.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

using namespace std::chrono_literals;

const std::string kShop =
    "CREATE TABLE goods (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, price REAL);"
    "CREATE TABLE stock (place TEXT, good INTEGER, pieces INTEGER, PRIMARY KEY (place, good)) WITHOUT ROWID;"
    "CREATE TABLE \"odd \"\"name\" (id TEXT PRIMARY KEY ON CONFLICT REPLACE);"
    "CREATE TRIGGER passes_over BEFORE INSERT ON stock WHEN NEW.pieces < 0 BEGIN SELECT RAISE(IGNORE); END;"
    "INSERT INTO goods VALUES (1, 'a', 1.5), (2, 'b', 2.5), (7, 'c', 3);"
    "INSERT INTO stock VALUES ('here', 1, 10); INSERT INTO \"odd \"\"name\" VALUES ('x')";

std::string schema_of(Sandbox& sandbox) {
  std::string all;
  SQLite::Statement rows(sandbox.app(), "SELECT sql FROM sqlite_schema ORDER BY rowid");
  while (rows.executeStep()) all += rows.getColumn(0).getString() + ";\n";
  return all;
}

/// What SQLite says to a statement; nothing where it is carried out.
std::string said_to(Sandbox& sandbox, const std::string& sql) {
  try {
    sandbox.run(sql);
    return "";
  } catch (const SQLite::Exception& refusal) {
    return refusal.what();
  }
}

/// The code of what an action throws.
template <typename Action>
std::string refused(Action action) {
  try {
    action();
    return "";
  } catch (const SourceError& error) {
    CHECK_FALSE(error.hint().empty());
    return error.code();
  }
}

void cut_over(Source& source, bool refuse_writes = true) {
  LockedSource lock = source.lock(5s);
  lock.fence(refuse_writes);
  lock.commit();
}

void keep_out_of_goods(Sandbox& sandbox) {
  for (const char* write :
       {"INSERT INTO goods (code) VALUES ('new')", "INSERT OR IGNORE INTO goods VALUES (1, 'a', 9)",
        "INSERT OR REPLACE INTO goods VALUES (1, 'b', 9)", "REPLACE INTO goods (code) VALUES ('a')",
        "INSERT OR FAIL INTO goods (code) VALUES ('new')", "INSERT OR ROLLBACK INTO goods VALUES (8, 'x', 1)",
        "INSERT INTO goods VALUES (1, 'a', 1) ON CONFLICT DO NOTHING",
        "INSERT INTO goods VALUES (1, 'a', 1) ON CONFLICT (id) DO UPDATE SET price = 9",
        "INSERT INTO goods (code) SELECT code || '2' FROM goods", "UPDATE goods SET price = 1 WHERE id = 1",
        "UPDATE OR IGNORE goods SET code = 'b' WHERE id = 1",
        "UPDATE OR REPLACE goods SET id = 2 WHERE id = 1", "DELETE FROM goods WHERE id = 1",
        "DELETE FROM goods"}) {
    CAPTURE(write);
    CHECK(said_to(sandbox, write) == kMovedMessage);
  }
}

}  // namespace

TEST_SUITE("fence") {
  TEST_CASE("after the end every write to what was captured is refused, whatever its conflict policy") {
    for (const char* mode : {"wal", "delete"}) {
      for (const char* recursion : {"ON", "OFF"}) {
        Sandbox sandbox(kShop, std::string("PRAGMA journal_mode = ") + mode);
        sandbox.run(std::string("PRAGMA recursive_triggers = ") + recursion);
        Follower follower(sandbox.options());
        sandbox.run("UPDATE goods SET price = 9 WHERE id = 7");
        const std::string rows = "SELECT group_concat(id || code || price) FROM goods";
        const std::string before = sandbox.text(rows);
        cut_over(follower.source);

        keep_out_of_goods(sandbox);
        CHECK(said_to(sandbox, "INSERT INTO stock VALUES ('there', 1, -1)") == kMovedMessage);
        CHECK(said_to(sandbox, "INSERT OR IGNORE INTO stock VALUES ('here', 1, 1)") == kMovedMessage);
        CHECK(said_to(sandbox, "UPDATE stock SET place = 'there'") == kMovedMessage);
        CHECK(said_to(sandbox, "DELETE FROM stock") == kMovedMessage);
        CHECK(said_to(sandbox, "INSERT INTO \"odd \"\"name\" VALUES ('x')") == kMovedMessage);
        CHECK(sandbox.text(rows) == before);
        CHECK(sandbox.text("SELECT pieces FROM stock") == "10");
      }
    }
  }

  TEST_CASE("the transaction of a refused write goes on, and another table can be written to") {
    Sandbox sandbox(kShop);
    auto options = sandbox.options();
    options.exclude = {"stock"};
    Source source(options);
    source.install();
    cut_over(source);
    sandbox.run("BEGIN; UPDATE stock SET pieces = 11");
    CHECK(said_to(sandbox, "DELETE FROM goods") == kMovedMessage);
    sandbox.run("COMMIT");
    CHECK(sandbox.text("SELECT pieces FROM stock") == "11");
  }

  TEST_CASE("what was written before the lock is read under it, and nobody else writes meanwhile") {
    for (const char* mode : {"wal", "delete"}) {
      Sandbox sandbox(kShop, std::string("PRAGMA journal_mode = ") + mode);
      Follower follower(sandbox.options());
      sandbox.run("INSERT INTO goods (code) VALUES ('last'); DELETE FROM stock");
      {
        LockedSource lock = follower.source.lock(5s);
        CHECK(said_to(sandbox, "INSERT INTO goods (code) VALUES ('late')") == "database is locked");
        CHECK(follower.drain() == 2);
        CHECK(follower.equal());
        CHECK(follower.source.autoincrements().at("goods") == 8);
        lock.fence(true);
        lock.commit();
        CHECK(lock.held() < 5s);
      }
      const auto mark = follower.source.moved();
      REQUIRE(mark);
      CHECK(mark->position == follower.at.position);
      CHECK(mark->fenced);
    }
  }

  TEST_CASE("a lock that is let go of without its commit has changed nothing") {
    Sandbox sandbox(kShop);
    Source source(sandbox.options());
    source.install();
    const std::string before = schema_of(sandbox);
    {
      LockedSource lock = source.lock(5s);
      lock.fence(true);
    }
    CHECK(schema_of(sandbox) == before);
    CHECK_FALSE(source.moved());
    CHECK(source.missing().empty());
    CHECK(said_to(sandbox, "INSERT INTO goods (code) VALUES ('new')").empty());
    CHECK(source.captured() > Position{});
  }

  TEST_CASE("capture is not put in again, by the same program or the next") {
    Sandbox sandbox(kShop);
    {
      Source source(sandbox.options());
      source.install();
      cut_over(source);
      CHECK(refused([&] { source.install(); }) == "source_moved");
    }
    Source source(sandbox.options());
    const std::string before = schema_of(sandbox);
    CHECK(refused([&] { source.install(KnownHistory{}); }) == "source_moved");
    CHECK(source.missing().empty());
    CHECK(schema_of(sandbox) == before);
    CHECK(source.survey().tables.size() == 3);  // what was captured can still be read
  }

  TEST_CASE("without the fence our triggers are gone, and writes go on") {
    Sandbox sandbox(kShop);
    Source source(sandbox.options());
    source.install();
    const Position last = source.captured();
    cut_over(source, false);
    sandbox.run("INSERT INTO goods (code) VALUES ('new')");
    CHECK(sandbox.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == 1);
    CHECK(source.captured() == last);
    CHECK_FALSE(source.moved()->fenced);
    CHECK(refused([&] { source.install(); }) == "source_moved");
  }

  TEST_CASE("uninstall takes the fence out and leaves the schema as it was before capture") {
    Sandbox sandbox(kShop);
    const std::string before = schema_of(sandbox);
    Source source(sandbox.options());
    source.install();
    cut_over(source);
    CHECK(source.uninstall());
    CHECK(schema_of(sandbox) == before);
    CHECK(said_to(sandbox, "INSERT INTO goods (code) VALUES ('new')").empty());
    CHECK_FALSE(source.moved());
  }

  TEST_CASE("a writer with a long transaction delays the lock only so long") {
    Sandbox sandbox(kShop);
    Source source(sandbox.options());
    source.install();
    sandbox.run("BEGIN IMMEDIATE; INSERT INTO goods (code) VALUES ('slow')");
    const auto since = std::chrono::steady_clock::now();
    CHECK(refused([&] { source.lock(200ms); }) == "source_locked");
    CHECK(std::chrono::steady_clock::now() - since >= 200ms);
    sandbox.run("COMMIT");
    { LockedSource lock = source.lock(200ms); }
    CHECK(said_to(sandbox, "INSERT INTO goods (code) VALUES ('quick')").empty());
  }

  TEST_CASE("a reader in a rollback-journal mode delays the end only so long, and then nothing has changed") {
    Sandbox sandbox(kShop, "PRAGMA journal_mode = delete");
    Source source(sandbox.options());
    source.install();
    sandbox.run("BEGIN; SELECT * FROM goods");
    {
      LockedSource lock = source.lock(200ms);
      lock.fence(true);
      CHECK(refused([&] { lock.commit(); }) == "lock_too_long");
    }
    sandbox.run("COMMIT; INSERT INTO goods (code) VALUES ('next')");
    CHECK_FALSE(source.moved());
    cut_over(source);
    CHECK(said_to(sandbox, "DELETE FROM goods") == kMovedMessage);
  }

  TEST_CASE("a lock whose time is over is not made use of") {
    Sandbox sandbox(kShop);
    Source source(sandbox.options());
    source.install();
    {
      LockedSource lock = source.lock(1ms);
      lock.fence(true);
      while (LockedSource::Clock::now() < lock.until()) std::this_thread::yield();
      CHECK(refused([&] { lock.check_time(); }) == "lock_too_long");
      CHECK(refused([&] { lock.commit(); }) == "lock_too_long");
    }
    CHECK_FALSE(source.moved());
    CHECK(source.missing().empty());
  }
}

}  // namespace sluice::capture
