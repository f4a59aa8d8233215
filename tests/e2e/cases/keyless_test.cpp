// Tables without a primary key: left out unless asked for, then told apart by SQLite's rowid.

#include <doctest/doctest.h>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

constexpr const char* kLines = "CREATE TABLE lines(day TEXT, text TEXT)";

MirrorOptions by_rowid(const std::string& pattern) {
  MirrorOptions options;
  options.settings = "    tables:\n      by_rowid: ['" + pattern + "']\n";
  return options;
}

}  // namespace

TEST_CASE("case 19: a table without a key is left out by name, and its neighbours are not") {
  Mirror mirror(std::string(kLines) + "; CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT)");
  mirror.start();
  mirror.run("INSERT INTO lines VALUES('monday', 'a'); INSERT INTO notes VALUES(1, 'a')");
  CHECK(mirror.differences() == "");
  const auto left_out = mirror.status().at("source").at("not_captured");
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].at("name") == "lines");
  CHECK(left_out[0].at("reason").get<std::string>().find("tables.by_rowid") != std::string::npos);
  CHECK(mirror.server("SELECT to_regclass('public.lines') IS NULL") == "t");
}

TEST_CASE("case 19: by rowid, equal rows stay several and every change arrives") {
  Mirror mirror(std::string(kLines) + "; INSERT INTO lines VALUES('monday', 'a'), ('monday', 'a')",
                by_rowid("lines"));
  mirror.start();
  CHECK(mirror.differences() == "");
  mirror.run("INSERT INTO lines VALUES('monday', 'a'), ('tuesday', 'b')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM lines") == "4");
  mirror.run(
      "UPDATE lines SET text = 'c' WHERE rowid = 2; UPDATE lines SET rowid = 9 WHERE rowid = 3;"
      "DELETE FROM lines WHERE rowid = 1; REPLACE INTO lines(rowid, text) VALUES(4, 'd')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(_sluice_rowid || text, ' ' ORDER BY _sluice_rowid) FROM lines") ==
        "2c 4d 9a");
}

TEST_CASE("case 19: VACUUM gives the rows new rowids, and the mirror follows") {
  for (const bool running : {true, false}) {
    CAPTURE(running);
    Mirror mirror(kLines, by_rowid("*"));
    mirror.start();
    mirror.run("INSERT INTO lines(rowid, text) VALUES(10, 'a'), (20, 'b'), (30, 'c')");
    CHECK(mirror.differences() == "");
    if (!running) mirror.daemon.stop();
    mirror.run(
        "DELETE FROM lines WHERE rowid = 10; VACUUM; UPDATE lines SET day = 'monday' WHERE text = 'c'");
    if (!running) mirror.daemon.start();
    CHECK(mirror.differences() == "");
    CHECK(mirror.source.rows("SELECT rowid, text FROM lines") ==
          mirror.server("SELECT _sluice_rowid, text FROM lines ORDER BY 1"));
    mirror.run("UPDATE lines SET text = 'z' WHERE rowid = 1");
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE(
    "case 19: a UNIQUE over NOT NULL columns is a key, of a table that is made and of one that is there") {
  for (const char* there :
       {"",
        "CREATE TABLE state (room text NOT NULL, event bigint NOT NULL, text text, UNIQUE "
        "(event, room))"}) {
    CAPTURE(there);
    Mirror mirror(
        "CREATE TABLE state(room TEXT NOT NULL, event INTEGER NOT NULL, text TEXT UNIQUE);"
        "CREATE UNIQUE INDEX state_key ON state(room, event); INSERT INTO state VALUES('a', 1, 'one')");
    if (*there != '\0') mirror.server(there);
    mirror.start();
    mirror.run("INSERT INTO state VALUES('a', 2, 'two'), ('b', 1, 'three')");
    mirror.run(
        "INSERT OR REPLACE INTO state VALUES('a', 1, 'four'), ('b', 2, 'three'); UPDATE state SET room = 'c' "
        "WHERE event = 1; DELETE FROM state WHERE text = 'two'");
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("source").at("not_captured").empty());
    CHECK(mirror.source.rows("SELECT room, event, text FROM state ORDER BY 1, 2") ==
          mirror.server("SELECT room, event, text FROM state ORDER BY 1, 2"));
    CHECK(mirror.daemon.ctl({"check"}).out.find("no unique index") == std::string::npos);
  }
}

TEST_CASE("case 19: unique indexes without a primary key, and a rowid known by its last name") {
  Mirror mirror(
      "CREATE TABLE lines(rowid TEXT, oid TEXT UNIQUE, text TEXT);"
      "CREATE TABLE taken(rowid TEXT, oid TEXT, _rowid_ TEXT)",
      by_rowid("*"));
  mirror.start();
  mirror.run("INSERT INTO lines VALUES('x', 'one', 'a'), ('y', 'two', 'b')");
  mirror.run("INSERT OR REPLACE INTO lines VALUES('z', 'one', 'c'); UPDATE OR REPLACE lines SET oid = 'two'");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM lines") == "1");
  const auto left_out = mirror.status().at("source").at("not_captured");
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].at("name") == "taken");
}

}  // namespace sluice::e2e
